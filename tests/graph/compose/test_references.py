"""How stubs are completed: which key, in which form, and with what a field requires."""

import enum
import json
from dataclasses import make_dataclass
from typing import Annotated, Any

import pytest
import strawberry
from strawberry import ID, federation

from graph.compose import compose
from tests.graph.bazaar.composed import run
from tests.graph.compose.small import stub_key, subgraph


@strawberry.enum
class Colour(enum.Enum):
    RED = "r"


class Asked:
    """An entity that remembers for what it was asked."""

    representations: tuple[Any, ...] = ()

    @classmethod
    async def resolve_references(cls, context: Any, representations: Any) -> list[Any]:
        del context
        cls.representations = tuple(representations)
        return [cls() for _ in representations]


async def completed(key, fields, values):
    """What an entity was asked for when a stub with these fields was completed, and the result."""
    stub = federation.type(make_dataclass("Box", fields.items()), keys=[stub_key(key)])
    own_fields = [(name, type_, None) for name, type_ in fields.items()]
    owned = make_dataclass("Box", [*own_fields, ("size", int, 7)], bases=(Asked,))

    @strawberry.type
    class Query:
        box: stub = strawberry.field(resolver=lambda: stub(**values))

    subgraphs = {
        "a": subgraph(query=Query),
        "b": subgraph(federation.type(owned, keys=[key])),
    }
    result = await run(compose(subgraphs).schema, "{ box { size } }")
    return owned.representations, result


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "fields", "values", "expected"),
        [
            ("id", {"id": ID}, {"id": 5}, {"id": "5"}),
            ("colour", {"colour": Colour}, {"colour": Colour.RED}, {"colour": "RED"}),
            ("name", {"name": str | None}, {"name": "n"}, {"name": "n"}),
            ("id name", {"id": ID, "name": str}, {"id": 5, "name": "n"}, {"id": "5", "name": "n"}),
            ("ids", {"ids": list[ID]}, {"ids": [1, 2]}, {"ids": ["1", "2"]}),
        ],
    )
    async def test_are_json(self, key, fields, values, expected):
        representations, result = await completed(key, fields, values)

        assert result.data == {"box": {"size": 7}}
        assert representations == ({"__typename": "Box", **expected},)

    @pytest.mark.parametrize(
        ("key", "fields", "values"),
        [
            ("name", {"name": str | None}, {"name": None}),
            ("id name", {"id": ID, "name": str | None}, {"id": 5, "name": None}),
        ],
    )
    async def test_that_are_null_ask_for_nothing(self, key, fields, values):
        representations, result = await completed(key, fields, values)

        assert representations == ()
        assert result.data is None
        assert result.errors[0].message == "Cannot return null for non-nullable field Box.size."

    async def test_are_read_from_the_stub_even_if_overridden(self):
        @federation.type(name="Box", keys=["id name"])
        class First(Asked):
            id: ID = ID("1")
            name: str = "first"

        @federation.type(name="Box", keys=["id name"])
        class Second(Asked):
            id: ID = ID("1")
            name: str = federation.field(override="a", default="second")

        @strawberry.type
        class Query:
            box: First = strawberry.field(resolver=lambda: First())

        schema = compose({"a": subgraph(query=Query), "b": subgraph(Second)}).schema

        result = await run(schema, "{ box { name } }")

        assert result.data == {"box": {"name": "second"}}
        assert Second.representations == ({"__typename": "Box", "id": "1", "name": "first"},)


@federation.interface
class Sized:
    size: int


@federation.type(name="Ball", shareable=True)
class Ball(Sized):
    size: int
    bounces: bool = True


@federation.type(name="Rope", shareable=True)
class Rope:
    length: int


Toy = Annotated[Ball | Rope, strawberry.union("Toy")]


async def later(value):
    return value


async def required(fields, toys):
    """What the field `label` of a box, which requires `fields`, was given; and the result."""

    @federation.type(name="Box", keys=["id"])
    class Filled(Asked):
        id: ID
        toys: list[Toy | None] = strawberry.field(resolver=lambda: toys)

    @federation.type(name="Box", keys=["id"])
    class Labelled:
        id: ID
        toys: list[Toy | None] = federation.field(external=True, default=())
        given: strawberry.Private[Any] = None

        @federation.field(requires=[fields])
        def label(self) -> str | None:
            return json.dumps(self.given.get("toys"))

        @classmethod
        async def resolve_references(cls, context: Any, representations: Any) -> list[Any]:
            del context
            return [cls(id=each["id"], given=each) for each in representations]

    @strawberry.type
    class Query:
        box: Filled = strawberry.field(resolver=lambda: Filled(id=ID("1")))

    schema = compose({"a": subgraph(query=Query), "b": subgraph(Labelled)}).schema
    result = await run(schema, "{ box { label } }")
    label = result.data["box"]["label"]
    return label and json.loads(label), result


class TestRequires:
    @pytest.mark.parametrize(
        ("fields", "toys", "expected"),
        [
            ("toys { ... on Ball { size } }", [Ball(size=1), Rope(length=2)], [{"size": 1}, {}]),
            ("toys { ... on Sized { size } }", [Ball(size=1), Rope(length=2)], [{"size": 1}, {}]),
            ("toys { ... { __typename } }", [Rope(length=2), None], [{"__typename": "Rope"}, None]),
            ("toys { ... on Ball { bounces } }", [later(Ball(size=1))], [{"bounces": True}]),
            ("toys { __typename }", [], []),
        ],
    )
    async def test_is_json(self, fields, toys, expected):
        given, result = await required(fields, toys)

        assert result.errors is None
        assert given == expected

    @pytest.mark.parametrize(
        ("toys", "message"),
        [
            ([Ball(size=1), ValueError("torn")], "torn"),
            (ValueError("lost"), "lost"),
            ([{}], "a resolver returned dict, which no subgraph declares as a type"),
            ([Ball(size="wide")], "Int cannot represent non-integer value: 'wide'"),
        ],
    )
    async def test_that_fails_fails_the_field(self, toys, message):
        given, result = await required("toys { ... on Ball { size } }", toys)

        assert given is None
        assert [(error.message, error.path) for error in result.errors] == [
            (message, ["box", "label"])
        ]
