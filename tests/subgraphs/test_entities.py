"""Entities found by their keys: through `node`, `nodes`, and each subgraph's own `_entities`."""

import pytest

from core.ids import encode_id, new_id
from graph.engine import Graph
from graph.schema import SUBGRAPH_NAMES, build_subgraph
from services.auth.viewer import Viewer

ENTITIES = "query ($of: [_Any!]!) { _entities(representations: $of) { %s } }"
OPEN = {
    "User": ("owner", SUBGRAPH_NAMES),
    "Service": ("service", ("marketplace",)),
    "Review": ("review", ("marketplace",)),
    "Course": ("course", ("learning",)),
    "Lesson": ("lesson", ("learning",)),
}
PRIVATE = {
    "Transaction": ("transaction", ("tokens",)),
    "Order": ("order", ("marketplace",)),
    "Enrolment": ("enrolment", ("learning",)),
    "Conversation": ("conversation", ("ai",)),
    "Message": ("message", ("ai",)),
}
KINDS = {**OPEN, **PRIVATE}
PREFIXES = {
    "User": "usr",
    "Service": "svc",
    "Review": "rev",
    "Order": "ord",
    "Course": "crs",
    "Lesson": "les",
    "Transaction": "txn",
    "Enrolment": "enr",
    "Conversation": "cnv",
    "Message": "msg",
}
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


def homes(kinds):
    """Each subgraph with each type whose references it resolves."""
    return [(name, type_name) for type_name, (_, names) in kinds.items() for name in names]


@pytest.fixture(scope="session")
def subgraphs():
    """The graph of each subgraph alone."""
    return {
        name: Graph(build_subgraph(name).core_schema, timeout_seconds=20.0, has_suggestions=True)
        for name in SUBGRAPH_NAMES
    }


@pytest.fixture
def entities(subgraphs, platform):
    """Resolve references in one subgraph, as its gateway does."""

    async def run(name, selection, *representations, viewer=Viewer.ANONYMOUS):
        operation = subgraphs[name].prepare(
            ENTITIES % selection, operation_name=None, variables={"of": list(representations)}
        )
        context = platform.context(viewer=viewer, request_id="test")
        return await subgraphs[name].execute(operation, context)

    return run


class TestNode:
    @pytest.mark.parametrize("kind", OPEN)
    async def test_finds_what_everyone_may_see(self, ask, world, kind):
        id_ = world.ids[OPEN[kind][0]]

        result = await ask(NODE, id=id_)

        assert result.body() == {"data": {"node": {"__typename": kind, "id": id_}}}

    @pytest.mark.parametrize("viewer", ["owner", "admin"])
    @pytest.mark.parametrize("kind", PRIVATE)
    async def test_finds_private_things_for_owner_and_admins(self, ask, world, kind, viewer):
        id_ = world.ids[PRIVATE[kind][0]]

        result = await ask(NODE, world.viewers[viewer], id=id_)

        assert result.body() == {"data": {"node": {"__typename": kind, "id": id_}}}

    @pytest.mark.parametrize("viewer", ["anonymous", "stranger"])
    @pytest.mark.parametrize("kind", PRIVATE)
    async def test_is_null_for_private_things_of_others(self, ask, world, kind, viewer):
        result = await ask(NODE, world.viewers[viewer], id=world.ids[PRIVATE[kind][0]])

        assert result.body() == {"data": {"node": None}}

    @pytest.mark.parametrize("kind", KINDS)
    async def test_is_null_for_what_does_not_exist(self, ask, world, kind):
        id_ = encode_id(PREFIXES[kind], new_id())

        result = await ask(NODE, world.viewers["admin"], id=id_)

        assert result.body() == {"data": {"node": None}}

    @pytest.mark.parametrize(
        "id_", ["", "usr", "usr_", "usr_short", "odd_01jd5h8zq4e2g9w7k3m5n6p8rt", "1", "é"]
    )
    async def test_refuses_what_is_no_id(self, ask, id_):
        result = await ask(NODE, id=id_)

        (error,) = result.errors
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        assert error["message"] == (
            f"'{id_}' is not an id. Ids look like 'usr_01jd5h8zq4e2g9w7k3m5n6p8rt':"
            " take them as the API gave them."
        )

    async def test_hides_an_unpublished_course_and_its_lessons(self, ask, make):
        instructor, learner = await make.user(), await make.user()
        course = await make.course(instructor, lessons=1, is_published=False)
        (lesson,) = await make.lessons(course)
        ids = [encode_id("crs", course.id), encode_id("les", lesson.id)]

        to_learner = await ask(NODES, make.viewer(learner), ids=ids)
        to_instructor = await ask(NODES, make.viewer(instructor), ids=ids)

        assert to_learner.body() == {"data": {"nodes": [None, None]}}
        assert [node["id"] for node in to_instructor.data["nodes"]] == ids


class TestNodes:
    async def test_answers_in_the_order_of_the_ids_with_null_for_what_is_hidden(self, ask, world):
        missing = encode_id("svc", new_id())
        ids = [world.ids[kind[0]] for kind in KINDS.values()]

        result = await ask(NODES, ids=[missing, *ids, ids[0]])

        expected = [
            {"__typename": kind, "id": world.ids[name]} if kind in OPEN else None
            for kind, (name, _) in KINDS.items()
        ]
        assert result.body() == {"data": {"nodes": [None, *expected, expected[0]]}}

    async def test_answers_everything_to_the_owner(self, ask, world):
        ids = [world.ids[name] for name, _ in KINDS.values()]

        result = await ask(NODES, world.viewers["owner"], ids=ids)

        assert [node["__typename"] for node in result.data["nodes"]] == list(KINDS)

    async def test_takes_at_most_a_hundred_ids(self, ask, world):
        hundred = [world.ids["owner"]] * 100

        accepted = await ask(NODES, ids=hundred)
        refused = await ask(NODES, ids=[*hundred, world.ids["owner"]])

        assert len(accepted.data["nodes"]) == 100
        assert refused.data is None
        assert refused.errors[0]["message"] == "`ids` must have at most 100 ids."
        assert refused.errors[0]["extensions"] == {"code": "BAD_USER_INPUT"}

    async def test_refuses_a_list_with_something_that_is_no_id(self, ask, world):
        result = await ask(NODES, ids=[world.ids["owner"], "nonsense"])

        assert result.data is None
        assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]


class TestEntitiesOfASubgraph:
    @pytest.mark.parametrize(("name", "kind"), homes(OPEN))
    async def test_are_found_for_everyone(self, entities, world, name, kind):
        id_ = world.ids[KINDS[kind][0]]

        result = await entities(name, f"... on {kind} {{ id }}", {"__typename": kind, "id": id_})

        assert result.body() == {"data": {"_entities": [{"id": id_}]}}

    @pytest.mark.parametrize("viewer", ["anonymous", "stranger"])
    @pytest.mark.parametrize(("name", "kind"), homes(PRIVATE))
    async def test_are_null_when_they_are_private(self, entities, world, name, kind, viewer):
        reference = {"__typename": kind, "id": world.ids[KINDS[kind][0]]}

        result = await entities(
            name, f"... on {kind} {{ id }}", reference, viewer=world.viewers[viewer]
        )

        assert result.body() == {"data": {"_entities": [None]}}

    @pytest.mark.parametrize("viewer", ["owner", "admin"])
    @pytest.mark.parametrize(("name", "kind"), homes(PRIVATE))
    async def test_are_found_for_owner_and_admins(self, entities, world, name, kind, viewer):
        reference = {"__typename": kind, "id": world.ids[KINDS[kind][0]]}

        result = await entities(
            name, f"... on {kind} {{ id }}", reference, viewer=world.viewers[viewer]
        )

        assert result.body() == {"data": {"_entities": [{"id": reference["id"]}]}}

    @pytest.mark.parametrize(("name", "kind"), homes(KINDS))
    async def test_are_null_for_keys_that_lead_nowhere(self, entities, world, name, kind):
        other_kind = "svc" if kind == "User" else "usr"
        keys = [encode_id(other_kind, new_id()), "nonsense", "", None, 7, [], {"a": 1}]
        references = [{"__typename": kind, "id": key} for key in keys]

        result = await entities(
            name,
            f"... on {kind} {{ id }}",
            *references,
            {"__typename": kind},
            viewer=world.viewers["admin"],
        )

        assert result.body() == {"data": {"_entities": [None] * 8}}

    @pytest.mark.parametrize("name", SUBGRAPH_NAMES)
    @pytest.mark.parametrize(
        "reference", [{"__typename": "Query", "id": "1"}, {"__typename": "Nothing"}, {}, "text", 7]
    )
    async def test_refuse_references_to_no_entity(self, entities, stores, name, reference):
        result = await entities(name, "__typename", reference)

        assert result.data is None or result.data["_entities"] == [None]
        assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]


FORGED = {
    "email": "forged@example.com",
    "azrBalance": "999",
    "azr_balance": "999",
    "fullName": "Forged",
    "handle": "forged",
    "roles": ["ADMIN"],
    "parent": "forged",
    "ownerId": "forged",
    "owner_id": "forged",
    "aiUsage": {"tokensUsed": 999},
    "rating": 5,
    "certificatesCount": 99,
}
OF_PEOPLE = {
    "users": ("handle roles", "fullName email timeZone"),
    "tokens": ("", "azrBalance"),
    "marketplace": ("rating", ""),
    "learning": ("certificatesCount", ""),
    "ai": ("", "aiUsage { tokensUsed }"),
}


class TestForgedReferences:
    @pytest.mark.parametrize("name", SUBGRAPH_NAMES)
    async def test_show_what_is_stored_and_not_what_they_say(self, entities, world, name):
        reference = {"__typename": "User", "id": world.ids["owner"], **FORGED}
        selection = f"... on User {{ id {' '.join(OF_PEOPLE[name])} }}"

        forged = await entities(name, selection, reference, viewer=world.viewers["owner"])
        plain = await entities(
            name,
            selection,
            {"__typename": "User", "id": world.ids["owner"]},
            viewer=world.viewers["owner"],
        )

        assert forged.errors is None
        assert forged.body() == plain.body()

    @pytest.mark.parametrize(
        ("name", "field"),
        [
            ("users", "email"),
            ("users", "timeZone"),
            ("users", "preferences"),
            ("users", "updatedAt"),
            ("tokens", "azrBalance"),
            ("tokens", "transactions { totalCount }"),
            ("learning", "enrolments { totalCount }"),
            ("ai", "conversations { totalCount }"),
            ("ai", "aiUsage { tokensUsed }"),
        ],
    )
    @pytest.mark.parametrize(
        ("viewer", "code"), [("anonymous", "UNAUTHENTICATED"), ("stranger", "FORBIDDEN")]
    )
    async def test_show_no_private_field_to_others(
        self, entities, world, name, field, viewer, code
    ):
        forged = {**FORGED, "owner_id": world.ids["stranger"], "id": world.ids["owner"]}

        result = await entities(
            name,
            f"... on User {{ {field} }}",
            {"__typename": "User", **forged},
            viewer=world.viewers[viewer],
        )

        assert result.data == {"_entities": [{field.split()[0]: None}]}
        assert [error["extensions"]["code"] for error in result.errors] == [code]
