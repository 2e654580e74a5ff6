"""What operations cost, before they run."""

import pytest
from graphql import build_schema, get_introspection_query, parse

from graph.engine import Graph, RejectionStage, RequestRejected
from graph.limits.cost import COST_MAX, Costs

SCHEMA = build_schema("""
interface Pages { nodes: [Item!]! }
type Page implements Pages { nodes: [Item!]! edges: [Edge!]! info: Info! total: Int! }
type Edge { node: Item! }
type Info { next: String }
type Item {
  name: String
  tags: [String!]!
  friend: Item
  parts: [Item!]
  items(first: Int, last: Int): Page!
}
union Anything = Item | Info
type Query {
  name: String
  item: Item
  pages: Page
  anything: Anything
  items(first: Int, last: Int): Page!
  list(first: Int): [Item!]!
  words(first: String): [Item!]!
  nodes(ids: [ID!]!): [Item]!
}
type Mutation { name: String item: Item }
type Subscription { item: Item }
""")
DOUBLING = "fragment F{} on Item {{ a: friend {{ ...F{} }} b: friend {{ ...F{} }} }} "


def cost_of(text, **variables):
    document = parse(text)
    return Costs(SCHEMA).of(document, document.definitions[0]).of(variables)


def doubling(count, top="{ item { ...F0 } }"):
    """A document whose cost doubles with each of its fragments."""
    inner = "".join(DOUBLING.format(each, each + 1, each + 1) for each in range(count))
    return f"{top} {inner} fragment F{count} on Item {{ name }}"


class TestCost:
    @pytest.mark.parametrize(
        ("text", "points"),
        [
            ("{ name __typename }", 0),
            ("{ item { name tags friend { name } } }", 2),
            ("{ a: item { name } b: item { name } }", 2),
            ("{ item { name @skip(if: true) friend @include(if: false) { name } } }", 2),
            ("{ item { parts { name } } }", 21),
            ("{ items { total info { next } } }", 2),
            ("{ items { nodes { name } } }", 21),
            ("{ items(first: 3) { nodes { name } } }", 4),
            ("{ items(last: 3) { nodes { name } } }", 4),
            ("{ items(first: null, last: 3) { nodes { name } } }", 4),
            ("{ items(first: 2, last: 3) { nodes { name } } }", 3),
            ("{ items(first: 0) { nodes { name } } }", 2),
            ("{ items(first: 3) { edges { node { name } } } }", 7),
            ("{ items(first: 3) { nodes { items(first: 2) { nodes { name } } } } }", 13),
            ("{ items(first: 3) { ... { nodes { name } } ...on Pages { nodes { name } } } }", 7),
            ("{ items(first: 3) { ...P } } fragment P on Page { nodes { name } info { next } }", 5),
            ("{ pages { nodes { name } } }", 21),
            ("{ list(first: 3) { name } }", 3),
            ('{ words(first: "3") { name } }', 20),
            ('{ nodes(ids: ["a", "b"]) { name } }', 2),
            ("{ anything { ...on Item { friend { name } } ...on Info { next } } }", 2),
            ("mutation { name item { name } }", 21),
            ("mutation { ...M } fragment M on Mutation { name }", 10),
            ("subscription { item { friend { name } } }", 2),
        ],
    )  # fmt: skip
    def test_adds_up_what_is_asked(self, text, points):
        assert cost_of(text) == points

    @pytest.mark.parametrize(
        ("variables", "points"),
        [
            ({}, 9),
            ({"n": 3}, 25),
            ({"n": 3.0}, 25),
            ({"n": None}, 161),
            ({"n": "3"}, 161),
            ({"n": 1.5}, 161),
            ({"n": -5}, 9),
            ({"n": 2, "m": 1}, 9),
        ],
    )
    def test_multiplies_by_variables(self, variables, points):
        text = (
            "query ($n: Int = 1, $m: Int = 3)"
            " { items(first: $n) { nodes { items(last: $m) { nodes { friend { name } } } } } }"
        )

        assert cost_of(text, **variables) == points

    @pytest.mark.parametrize(("ids", "points"), [(["a"], 1), (["a", "b", "c"], 3), ("a", 20)])
    def test_counts_ids_in_variables(self, ids, points):
        assert cost_of("query ($ids: [ID!]!) { nodes(ids: $ids) { name } }", ids=ids) == points

    def test_has_a_default_for_ids(self):
        assert cost_of('query ($ids: [ID!]! = ["a", "b"]) { nodes(ids: $ids) { name } }') == 2

    def test_of_introspection_is_not_multiplied(self):
        assert 0 < cost_of(get_introspection_query()) < 100

    def test_of_what_the_schema_has_no_root_for_is_nothing(self):
        document = parse("mutation { name }")

        costs = Costs(build_schema("type Query { name: String }"))

        assert costs.of(document, document.definitions[0]).of({}) == 0

    def test_of_doubling_fragments_is_found_once_for_each(self):
        assert cost_of(doubling(10)) == 2**11 - 1
        assert cost_of(doubling(150)) == COST_MAX

    def test_of_doubling_fragments_with_variables_has_a_short_formula(self):
        inner = "".join(
            f"fragment F{each} on Item {{ a: items(first: $a) {{ nodes {{ ...F{each + 1} }} }}"
            f" b: items(first: $b) {{ nodes {{ ...F{each + 1} }} }} }} "
            for each in range(100)
        )
        text = f"query ($a: Int, $b: Int) {{ item {{ ...F0 }} }} {inner}"
        document = parse(text + "fragment F100 on Item { name }")

        cost = Costs(SCHEMA).of(document, document.definitions[0])

        assert len(cost.steps) == 200
        assert cost.of({"a": 1, "b": 1}) == COST_MAX


@pytest.fixture
def limited():
    return Graph(SCHEMA, timeout_seconds=5.0, has_suggestions=True, cost_max=100)


class TestLimit:
    ITEMS = "query ($n: Int) { items(first: $n) { nodes { name } } }"

    def test_lets_pass_what_costs_as_much(self, limited):
        assert limited.prepare(self.ITEMS, operation_name=None, variables={"n": 99}).plan

    def test_refuses_what_costs_more_and_says_how_to_ask_for_less(self, limited):
        with pytest.raises(RequestRejected) as rejected:
            limited.prepare(self.ITEMS, operation_name=None, variables={"n": 100})

        assert rejected.value.stage is RejectionStage.OPERATION
        assert rejected.value.errors == [
            {
                "message": "The operation costs up to 101 points, and 100 are allowed. Ask for"
                " smaller pages (`first` or `last`), nest fewer lists, or send several operations.",
                "extensions": {"code": "COST_LIMIT_EXCEEDED"},
            }
        ]

    @pytest.mark.parametrize(
        "top", ["{ item { ...F0 } }", "{ items(first: 0) { nodes { ...F0 } } }"]
    )
    def test_comes_before_a_plan_that_would_be_as_large_as_the_answer(self, limited, top):
        with pytest.raises(RequestRejected) as rejected:
            limited.prepare(doubling(60, top), operation_name=None, variables={})

        assert rejected.value.errors[0]["extensions"] == {"code": "COST_LIMIT_EXCEEDED"}

    def test_works_a_formula_out_once(self, limited, monkeypatch):
        worked_out = []
        of = Costs.of
        monkeypatch.setattr(Costs, "of", lambda *arguments: worked_out.append(1) or of(*arguments))

        for size in (1, 2, 3):
            limited.prepare(self.ITEMS, operation_name=None, variables={"n": size})

        assert worked_out == [1]

    @pytest.mark.parametrize("kind", ["query", "mutation", "subscription"])
    def test_holds_for_each_kind(self, kind):
        strict = Graph(SCHEMA, timeout_seconds=5.0, has_suggestions=True, cost_max=1)

        with pytest.raises(RequestRejected) as rejected:
            strict.prepare(
                f"{kind} {{ item {{ friend {{ name }} }} }}", operation_name=None, variables={}
            )

        assert rejected.value.errors[0]["extensions"] == {"code": "COST_LIMIT_EXCEEDED"}
