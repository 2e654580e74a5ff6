"""What cannot be honoured in one process is refused at start-up, by type and subgraphs."""

import enum

import strawberry
from strawberry import ID, federation
from strawberry.federation.schema_directives import Override

from tests.graph.compose.small import Found, refusal_of, stub_key, subgraph


class TestKinds:
    def test_must_be_one_for_each_name(self):
        @strawberry.type(name="Thing")
        class Object:
            id: ID

        @strawberry.enum(name="Thing")
        class Enum(enum.Enum):
            A = 1

        @strawberry.type
        class Query:
            thing: Enum

        assert refusal_of(a=subgraph(Object), b=subgraph(query=Query)) == [
            "Thing (a, b): declared as Enum and Object. One name has one kind."
        ]


class TestLeaves:
    def test_are_one_python_enum(self):
        @strawberry.enum(name="Unit")
        class First(enum.Enum):
            A = 1

        @strawberry.enum(name="Unit")
        class Second(enum.Enum):
            A = 1

        @strawberry.type(name="X")
        class OfFirst:
            unit: First

        @strawberry.type(name="Y")
        class OfSecond:
            unit: Second

        assert refusal_of(a=subgraph(OfFirst), b=subgraph(OfSecond)) == [
            "Unit (a, b): declared by two Python definitions. Declare it once and share it."
        ]

    def test_are_one_python_scalar(self):
        def with_scalar(type_name):
            definition = strawberry.scalar(name="Weight", serialize=str)
            config = strawberry.schema.config.StrawberryConfig(scalar_map={bytes: definition})

            @strawberry.type(name=type_name)
            class Weighed:
                weight: bytes

            return subgraph(Weighed, config=config)

        assert refusal_of(a=with_scalar("X"), b=with_scalar("Y")) == [
            "Weight (a, b): declared by two Python definitions. Declare it once and share it."
        ]

    def test_show_all_their_values(self):
        @federation.enum
        class Unit(enum.Enum):
            A = 1
            B = federation.enum_value(2, inaccessible=True)

        @strawberry.type
        class Measure:
            unit: Unit

        assert refusal_of(a=subgraph(Measure)) == [
            "Unit (a): @inaccessible is not supported on an enum's value."
        ]


class TestInterfaces:
    def test_have_no_keys(self):
        @federation.interface(keys=["id"])
        class Node:
            id: ID

        assert refusal_of(a=subgraph(Node)) == [
            "Node (a): an interface with @key is not supported. Key its object types."
        ]

    def test_are_not_extended_by_objects(self):
        @federation.interface_object(name="Node", keys=["id"])
        class Node(Found):
            id: ID

        assert refusal_of(a=subgraph(Node)) == ["Node (a): @interfaceObject is not supported."]


class TestKeys:
    def test_come_with_resolve_references(self):
        @federation.type(keys=["id"])
        class User:
            id: ID

        assert refusal_of(a=subgraph(User)) == [
            (
                "User (a): a declares a key and no `resolve_references`. Without one, clients could"
                " make up an entity's fields."
            )
        ]

    def test_have_no_fragments(self):
        @federation.type(keys=["id ... on User { name }"])
        class User(Found):
            id: ID
            name: str

        assert refusal_of(a=subgraph(User)) == ["User (a): a key with a fragment is not supported."]

    def test_lead_to_each_field(self):
        @federation.type(name="User", keys=[stub_key("id")])
        class Stub:
            id: ID

        @federation.type(name="User", keys=["email"])
        class Owned(Found):
            email: str
            name: str

        assert refusal_of(a=subgraph(Stub), b=subgraph(Owned)) == [
            "User (a, b): from a, no resolvable key leads to field email.",
            "User (a, b): from a, no resolvable key leads to field name.",
            "User (a, b): from b, no resolvable key leads to field id.",
        ]

    def test_lead_to_what_values_lack(self):
        @federation.type(name="Money", shareable=True)
        class First:
            amount: int

        @federation.type(name="Money", shareable=True)
        class Second:
            amount: int
            unit: str

        assert refusal_of(a=subgraph(First), b=subgraph(Second)) == [
            "Money (a, b): from a, no resolvable key leads to field unit."
        ]


class TestFields:
    def test_are_not_overridden_by_label(self):
        @federation.type(name="User", keys=["id"])
        class First(Found):
            id: ID
            name: str

        @federation.type(name="User", keys=["id"])
        class Second(Found):
            id: ID
            name: str = federation.field(
                directives=[Override(override_from="a", label="percent(5)")], default=""
            )

        assert refusal_of(a=subgraph(First), b=subgraph(Second)) == [
            "User (a, b), field name: @override with a label is not supported."
        ]

    def test_are_provided_by_one(self):
        @federation.type(name="User", keys=["id"])
        class First(Found):
            id: ID
            name: str = federation.field(external=True)

        @federation.type(name="User", keys=["id"])
        class Second(Found):
            id: ID

        assert refusal_of(a=subgraph(First), b=subgraph(Second)) == [
            "User (a, b), field name: every subgraph refers to it and none provides it.",
            "User (a, b): from a, no resolvable key leads to field name.",
            "User (a, b): from b, no resolvable key leads to field name.",
        ]

    def test_are_provided_by_one_after_overrides(self):
        @federation.type(name="User", keys=["id"])
        class First(Found):
            id: ID
            name: str = federation.field(override="b")

        @federation.type(name="User", keys=["id"])
        class Second(Found):
            id: ID
            name: str = federation.field(override="a")

        assert "User (a, b), field name: every subgraph refers to it and none provides it." in (
            refusal_of(a=subgraph(First), b=subgraph(Second))
        )

    def test_have_one_owner_unless_shareable(self):
        @federation.type(name="User", keys=["id"])
        class First(Found):
            id: ID
            name: str = federation.field(shareable=True)

        @federation.type(name="User", keys=["id"])
        class Second(Found):
            id: ID
            name: str

        assert refusal_of(a=subgraph(First), b=subgraph(Second)) == [
            (
                "User (a, b), field name: two subgraphs provide it."
                " Mark it @shareable, or @external in one."
            )
        ]

    def test_have_one_type(self):
        @federation.type(name="Pair", shareable=True)
        class First:
            one: int
            many: list[int | None]
            same: list[int] | None

        @federation.type(name="Pair", shareable=True)
        class Second:
            one: str
            many: list[int] | None
            same: list[int | None] | None

        assert refusal_of(a=subgraph(First), b=subgraph(Second)) == [
            "Pair (a, b), field one: the subgraphs give it different types.",
            "Pair (a, b), field many: the subgraphs give it different types.",
        ]

    def test_of_interfaces_have_one_type(self):
        @strawberry.interface(name="Named")
        class First:
            name: str

        @strawberry.interface(name="Named")
        class Second:
            name: int

        assert refusal_of(a=subgraph(First), b=subgraph(Second)) == [
            "Named (a, b), field name: the subgraphs give it different types."
        ]


class TestRootFields:
    def test_are_shared_only_if_one_subgraph_can_answer(self):
        @federation.type(name="Report", keys=["id"])
        class First(Found):
            id: ID
            pages: int

        @federation.type(name="Report", keys=["id"])
        class Second(Found):
            id: ID
            lines: int

        def rooted(report):
            @strawberry.type
            class Query:
                latest: report = federation.field(shareable=True)

            return subgraph(query=Query)

        assert refusal_of(a=rooted(First), b=rooted(Second)) == [
            (
                "Query (a, b), field latest:"
                " a shared root field whose type has unshared fields is not supported."
            )
        ]


class TestResult:
    def test_is_a_valid_schema(self):
        @strawberry.interface(name="Named")
        class First:
            name: str

        @strawberry.type
        class Person(First):
            age: int

        @strawberry.interface(name="Named")
        class Second:
            name: str
            handle: str

        assert refusal_of(a=subgraph(Person), b=subgraph(Second)) == [
            "Interface field Named.handle expected but Person does not provide it."
        ]

    def test_shows_nothing_inaccessible(self):
        @federation.type(inaccessible=True)
        class Hidden:
            id: ID

        @strawberry.type
        class Shown:
            hidden: Hidden

        assert refusal_of(a=subgraph(Shown), b=subgraph(Hidden)) == [
            (
                "Hidden (a, b), field id: two subgraphs provide it."
                " Mark it @shareable, or @external in one."
            )
        ]
        assert refusal_of(a=subgraph(Shown)) == [
            "Hidden (a): @inaccessible, but what clients see leads there."
        ]

    def test_lists_every_problem(self):
        @federation.type(keys=["id"])
        class User:
            id: ID

        @federation.interface(keys=["id"])
        class Node:
            id: ID

        assert len(refusal_of(a=subgraph(User, Node))) == 2
