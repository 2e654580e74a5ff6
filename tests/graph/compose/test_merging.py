"""How the parts of a type become one: by the rules of federation composers."""

import enum
from typing import Annotated

import strawberry
from graphql import print_type
from strawberry import ID, federation

from graph.compose import compose
from tests.graph.bazaar.composed import run
from tests.graph.compose.small import Found, subgraph, with_arguments


def printed(name, **subgraphs):
    """The composed type, as clients see it."""
    return print_type(compose(subgraphs).schema.type_map[name])


class TestObjects:
    def test_may_be_null_where_one_subgraph_says_so(self):
        @federation.type(name="Size", shareable=True)
        class First:
            width: int
            heights: list[int]

        @federation.type(name="Size", shareable=True)
        class Second:
            width: int | None
            heights: list[int | None] | None

        merged = printed("Size", a=subgraph(First), b=subgraph(Second))

        assert merged == "type Size {\n  width: Int\n  heights: [Int]\n}"

    def test_take_the_texts_of_the_alphabetically_first_subgraph_that_has_one(self):
        @federation.type(name="Size", shareable=True, description="Said by b.")
        class First:
            width: int = strawberry.field(description="b's", deprecation_reason="b's reason")
            depth: int = strawberry.field(deprecation_reason="b's reason")

        @federation.type(name="Size", shareable=True)
        class Second:
            width: int = strawberry.field(description="a's", deprecation_reason="a's reason")
            depth: int

        assert printed("Size", b=subgraph(First), a=subgraph(Second)) == (
            '"""Said by b."""\n'
            "type Size {\n"
            '  """a\'s"""\n'
            '  width: Int! @deprecated(reason: "a\'s reason")\n'
            '  depth: Int! @deprecated(reason: "b\'s reason")\n'
            "}"
        )

    def test_implement_what_any_part_implements(self):
        @strawberry.interface
        class Named:
            name: str

        @federation.interface(inaccessible=True)
        class Counted:
            count: int

        @federation.type(name="User", keys=["id"])
        class First(Found, Named):
            id: ID
            name: str

        @federation.type(name="User", keys=["id"])
        class Second(Found, Counted):
            id: ID
            count: int

        assert printed("User", a=subgraph(First), b=subgraph(Second)).startswith(
            "type User implements Named {"
        )


class TestArguments:
    def test_are_those_that_all_subgraphs_declare_at_their_strictest(self):
        def first(
            size: int | None,
            note: Annotated[str | None, strawberry.argument(description="a's")] = None,
            colour: str | None = None,
        ) -> int:
            return 1

        def second(
            size: int,
            note: Annotated[
                str | None, strawberry.argument(description="b's", deprecation_reason="b's reason")
            ] = None,
        ) -> int:
            return 1

        merged = printed("Shop", b=with_arguments(second), a=with_arguments(first))

        assert merged == (
            "type Shop {\n"
            "  price(\n"
            "    size: Int!\n"
            "\n"
            '    """a\'s"""\n'
            '    note: String = null @deprecated(reason: "b\'s reason")\n'
            "  ): Int!\n"
            "}"
        )

    def test_that_are_inaccessible_are_hidden(self):
        def priced(
            size: int, secret: Annotated[int, federation.argument(inaccessible=True)] = 3
        ) -> int:
            return size + secret

        assert "price(size: Int!): Int!" in printed("Shop", a=with_arguments(priced))


class TestInputs:
    def test_have_the_fields_that_all_subgraphs_declare_at_their_strictest(self):
        @strawberry.input(name="Filter", description="a's")
        class First:
            text: str | None = strawberry.UNSET
            count: int = 3
            mine: int | None = strawberry.UNSET

        @federation.input(name="Filter", description="b's")
        class Second:
            text: str = federation.field(description="b's text")
            count: int | None = 3
            secret: int | None = federation.field(inaccessible=True, default=1)

        assert printed("Filter", b=subgraph(Second), a=subgraph(First)) == (
            '"""a\'s"""\ninput Filter {\n  """b\'s text"""\n  text: String!\n  count: Int! = 3\n}'
        )

    def test_hide_what_is_inaccessible_and_keep_its_default(self):
        @federation.input(name="Filter")
        class Filter:
            text: str
            secret: int = federation.field(inaccessible=True, default=1)

        assert "secret" not in printed("Filter", a=subgraph(Filter))

    async def test_of_which_one_field_is_given_stay_so(self):
        @strawberry.input(one_of=True)
        class Lookup:
            id: ID | None = strawberry.UNSET
            name: str | None = strawberry.UNSET

        @strawberry.type
        class Query:
            @strawberry.field
            def found(self, by: Lookup) -> str:
                return by.name or by.id

        schema = compose({"a": subgraph(query=Query)}).schema

        both = {"id": 1, "name": "x"}
        result = await run(schema, "query($by: Lookup!) { found(by: $by) }", by=both)

        assert print_type(schema.type_map["Lookup"]).startswith("input Lookup @oneOf {")
        assert result.data is None
        assert "exactly one" in result.errors[0].message


class TestUnions:
    def test_have_the_visible_members_of_all_subgraphs(self):
        @strawberry.type
        class Cat:
            name: str

        @strawberry.type
        class Dog:
            name: str

        @federation.type(inaccessible=True)
        class Mouse:
            name: str

        @federation.type(name="Cage")
        class First:
            one: Annotated[Cat | Mouse, strawberry.union("Pet")]

        @federation.type(name="Kennel")
        class Second:
            one: Annotated[Dog, strawberry.union("Pet", description="b's")]

        assert printed("Pet", a=subgraph(First), b=subgraph(Second)) == (
            '"""b\'s"""\nunion Pet = Cat | Dog'
        )


class TestLeaves:
    def test_are_the_ones_that_are_shared(self):
        @strawberry.enum
        class Unit(enum.Enum):
            AZR = "azr"

        @federation.type(name="Money", shareable=True)
        class First:
            unit: Unit

        @federation.type(name="Money", shareable=True)
        class Second:
            unit: Unit

        composed = compose({"a": subgraph(First), "b": subgraph(Second)}).schema

        assert composed.type_map["Unit"].coerce_output_value(Unit.AZR) == "AZR"


class TestVisibility:
    async def test_of_an_inaccessible_type_does_not_keep_others_from_using_it(self):
        @federation.type(inaccessible=True)
        class Secret:
            value: str

        @federation.type(name="User", keys=["id"])
        class User(Found):
            id: ID
            secret: Secret | None = federation.field(inaccessible=True, default=None)

        @strawberry.type
        class Query:
            @strawberry.field
            def user(self) -> User:
                return User(id=ID("1"))

        schema = compose({"a": subgraph(query=Query)}).schema

        result = await run(schema, "{ user { id } }")

        assert "Secret" not in schema.type_map
        assert result.data == {"user": {"id": "1"}}
