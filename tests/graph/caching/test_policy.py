"""Which answers may be repeated, for how long, and what makes them old."""

import pytest
from graphql import (
    DocumentNode,
    GraphQLField,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_operation_ast,
    parse,
    validate,
)

from graph.caching.policy import CachePolicy, policy_of
from graph.schema import build_composition
from models.subjects import Subject
from subgraphs.shared.caching import KEY, PRIVATE, cached, inherited

USERS, SERVICES, REVIEWS = Subject.USERS, Subject.SERVICES, Subject.REVIEWS


def made_schema() -> GraphQLSchema:
    leaf = GraphQLField(GraphQLInt)
    thing = GraphQLInterfaceType("Thing", {"size": leaf, "weight": leaf})
    stone = GraphQLObjectType(
        "Stone",
        lambda: {
            "size": leaf,
            "weight": leaf,
            "secret": GraphQLField(GraphQLInt, extensions=PRIVATE),
            "rating": GraphQLField(GraphQLInt, extensions=inherited(REVIEWS)),
            "brief": GraphQLField(GraphQLInt, extensions=cached(5)),
            "unhinted": GraphQLField(stone),
            "neighbour": GraphQLField(stone, extensions=cached(20, USERS)),
            "edges": GraphQLField(GraphQLList(stone), extensions=inherited()),
        },
        interfaces=[thing],
    )
    # What the interface says nothing of, an implementation may keep to itself.
    bird = GraphQLObjectType(
        "Bird",
        {"size": leaf, "weight": GraphQLField(GraphQLInt, extensions=PRIVATE)},
        interfaces=[thing],
    )
    hint = cached(60, SERVICES)
    either = GraphQLUnionType("Either", [stone, bird])
    query = GraphQLObjectType(
        "Query",
        {
            "stone": GraphQLField(stone, extensions=hint),
            "thing": GraphQLField(thing, extensions=hint),
            "either": GraphQLField(either, extensions=hint),
            "plain": leaf,
            "never": GraphQLField(GraphQLInt, extensions=cached(0)),
        },
    )
    mutation = GraphQLObjectType("Mutation", {"stone": GraphQLField(stone, extensions=hint)})
    return GraphQLSchema(query, mutation, types=[stone, bird])


SCHEMA = made_schema()


@pytest.fixture(scope="module")
def composed() -> GraphQLSchema:
    return build_composition().schema


def read(text: str, schema: GraphQLSchema = SCHEMA) -> CachePolicy | None:
    document: DocumentNode = parse(text)
    assert validate(schema, document) == []
    operation = get_operation_ast(document)
    assert operation is not None
    return policy_of(schema, document, operation)


class TestPolicyOf:
    @pytest.mark.parametrize(
        ("text", "seconds", "subjects"),
        [
            ("{ stone { size } }", 60, {SERVICES}),
            ("{ stone { __typename size } __typename }", 60, {SERVICES}),
            ("{ stone { size neighbour { size } } }", 20, {SERVICES, USERS}),
            ("{ stone { brief } }", 5, {SERVICES}),
            ("{ stone { rating } }", 60, {SERVICES, REVIEWS}),
            ("{ stone { edges { size neighbour { brief } } } }", 5, {SERVICES, USERS}),
            ("{ stone { ... { neighbour { size } } } }", 20, {SERVICES, USERS}),
            ("{ stone { ... on Stone { rating } } }", 60, {SERVICES, REVIEWS}),
            ("{ stone { ...F ...F } } fragment F on Stone { brief }", 5, {SERVICES}),
            ("{ thing { size } }", 60, {SERVICES}),
            ("{ thing { ... on Stone { weight } } }", 60, {SERVICES}),
            ("{ either { __typename ... on Bird { size } } }", 60, {SERVICES}),
            ("{ stone { brief @skip(if: true) } }", 5, {SERVICES}),
        ],
    )
    def test_takes_the_smallest_age_and_every_subject(
        self, text: str, seconds: int, subjects: set[Subject]
    ) -> None:
        assert read(text) == CachePolicy(seconds, frozenset(subjects))

    @pytest.mark.parametrize(
        "text",
        [
            "{ stone { size secret } }",
            "{ stone { edges { edges { secret } } } }",
            "{ stone { unhinted { size } } }",
            "{ stone { size } plain }",
            "{ stone { size } never }",
            "{ stone { ...F } } fragment F on Stone { secret }",
            "{ thing { weight } }",
            "{ either { ... on Bird { weight } } }",
            "{ __typename }",
            "{ stone { size } __schema { description } }",
            '{ stone { size } __type(name: "Stone") { name } }',
            "mutation { stone { size } }",
        ],
    )
    def test_caches_nothing_by_accident(self, text: str) -> None:
        assert read(text) is None


PAGE = "nodes { name averageRating provider { fullName rating } } totalCount pageInfo { endCursor }"


class TestPolicyOfTheSchema:
    @pytest.mark.parametrize(
        ("text", "seconds", "subjects"),
        [
            (f"{{ services {{ {PAGE} }} }}", 60, {SERVICES, USERS, REVIEWS}),
            ("{ services { edges { cursor node { name } } } }", 60, {SERVICES}),
            (
                "{ services { nodes { reviews { nodes { comment author { fullName } } } } } }",
                60,
                {SERVICES, USERS, REVIEWS},
            ),
            (
                "{ courses { nodes { title lessons { totalCount } } } }",
                60,
                {Subject.COURSES},
            ),
            ("{ users { nodes { certificatesCount } } }", 60, {USERS, Subject.CERTIFICATES}),
            ("{ stats { users } }", 30, {Subject.STATS}),
            ("{ stats { users onlineNow } }", 5, {Subject.STATS}),
            ("{ tokenPrice { usd } }", 30, {Subject.PRICES}),
        ],
    )
    def test_lets_public_pages_be_cached(
        self, composed: GraphQLSchema, text: str, seconds: int, subjects: set[Subject]
    ) -> None:
        assert read(text, composed) == CachePolicy(seconds, frozenset(subjects))

    @pytest.mark.parametrize(
        "text",
        [
            "{ me { fullName } }",
            '{ node(id: "usr_1") { id } }',
            "{ nodes(ids: []) { id } }",
            "{ users { nodes { email } } }",
            "{ users { nodes { preferences timeZone } } }",
            "{ users { nodes { azrBalance } } }",
            "{ users { nodes { transactions { totalCount } } } }",
            "{ users { nodes { enrolments { totalCount } } } }",
            "{ users { nodes { conversations { totalCount } } } }",
            "{ users { nodes { aiUsage { tokensUsed } } } }",
            "{ users { nodes { services { totalCount } } } }",
            "{ courses { nodes { progress { percent } } } }",
            "{ courses { nodes { lessons { nodes { isCompleted } } } } }",
            '{ course(id: "crs_1") { title } }',
            "{ transactions { totalCount } }",
            "{ conversations { totalCount } }",
        ],
    )
    def test_keeps_what_depends_on_the_viewer_out(self, composed: GraphQLSchema, text: str) -> None:
        assert read(text, composed) is None

    def test_knows_every_field_with_an_audience_as_private(self, composed: GraphQLSchema) -> None:
        """So that a new private field needs no second word."""
        email = composed.type_map["User"].fields["email"].extensions["strawberry-definition"]

        assert KEY not in (email.metadata or {})
        assert read("{ users { nodes { email } } }", composed) is None
