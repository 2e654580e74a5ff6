"""The fourth adversarial schema: three composed subgraphs whose attributes and references are odd.

Attributes, methods and stubs are what a compiled engine reads in ways of its own; here they are
null where they may not be, exceptions, of the wrong kind, or yet to come.
"""

import enum
from random import Random
from typing import Annotated, Any
from uuid import UUID

import strawberry
from graphql import (
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
    GraphQLType,
)
from strawberry import ID, Private, federation

from graph.compose import Composition, SubgraphSchema, compose
from subgraphs.shared.access import Audience
from subgraphs.shared.connections import Connection
from subgraphs.shared.fields import batch_connection, batch_field
from tests.graph.compose.small import stub_key
from tests.graph.equivalence.batches import (
    badges,
    odd,
    owner_of,
    ratings,
    rivals,
    secrets,
    shown,
    wear_field,
)
from tests.graph.equivalence.worlds import Inventor, Planted, World

NUMBER, TEXT = GraphQLInt, GraphQLString
TOOLS = ("t1", "t2", "t3", "t4", "t5", "t6")
STUBS_MAX = 4


@strawberry.enum
class Grade(enum.Enum):
    FINE = "fine"
    POOR = "poor"


def required(type_: Any) -> Any:
    return GraphQLNonNull(type_)


def listed(type_: Any) -> Any:
    return GraphQLList(type_)


INVENTOR = Inventor()


def answered(world: World, identity: str, type_: GraphQLType) -> Any:
    """What a method answers: as an attribute, or later, or raised. Counted."""
    world.reads[identity] += 1
    dice = world.dice(identity)
    value = INVENTOR.value(world, type_, identity, dice)
    if dice.random() < 0.3:
        return world.later(value, dice.randint(0, 3))
    if isinstance(value, Planted):
        raise value
    return value


def grade(world: World, identity: str) -> Any:
    dice = world.dice(identity)
    bad = [None, "FINE", "fine", 5, ValueError(identity)]
    return dice.choice(bad if dice.random() < world.trouble else [Grade.FINE, Grade.POOR])


@strawberry.interface
class Named:
    name: str | None


@federation.type(shareable=True)
class Bin:
    """A value that two subgraphs share; it has no key."""

    world: Private[Any]
    identity: Private[str]
    depth: int
    label: str | None


def bin_of(world: World, identity: str) -> Bin:
    depth, label = (odd(world, f"{identity}.{name}", type_) for name, type_ in BIN)
    return Bin(world=world, identity=identity, depth=depth, label=label)


BIN = (("depth", required(NUMBER)), ("label", TEXT))


@federation.type(name="Person", keys=[stub_key("id")])
class Maker:
    id: ID


@federation.type(name="Tool", keys=["id"])
class Tool(Named):
    world: Private[Any]
    id: ID
    name: str | None
    required_name: str
    size: int
    maybe_size: int | None
    ratio: float
    is_sharp: bool | None
    sizes: list[int | None]
    required_sizes: list[int] | None
    grid: list[list[int]]
    grade: Grade
    grades: list[Grade] | None
    maker: Maker
    makers: list[Maker | None]
    bin: Bin | None
    rating: int = batch_field(ratings, key="id", description="Out of five.")
    secret: str | None = batch_field(
        secrets, key="id", shown=shown, audience=Audience.OWNER, description="For its owner."
    )
    rivals: Connection[str] = batch_connection(
        rivals, shown=lambda key: key, description="Other tools."
    )
    wear: int = wear_field()

    @property
    def parent(self) -> str:
        return self.id

    @property
    def owner_id(self) -> UUID:
        return owner_of(self.id)

    @strawberry.field
    def label(self) -> str:
        return answered(self.world, f"{self.id}.label", required(TEXT))

    @strawberry.field
    def weights(self) -> list[int] | None:
        return answered(self.world, f"{self.id}.weights", listed(required(NUMBER)))

    @strawberry.field
    async def slow_label(self) -> str | None:
        return await self.world.later(odd(self.world, f"{self.id}.slow", TEXT), 3)

    @strawberry.field
    def scaled(self, info: strawberry.Info, by: int = 2) -> int:
        info.context.calls[tuple(info.path.as_list())] += 1
        return answered(self.world, f"{self.id}.scaled({by})", required(NUMBER))

    @strawberry.field
    def parts(self) -> list["Tool"]:
        return tools_of(self.world, f"{self.id}.parts")

    @strawberry.field
    async def spare(self) -> "Tool | None":
        return await self.world.later(tool_of(self.world, f"{self.id}.spare"), 1)

    @strawberry.field
    def bins(self) -> list[list[Bin]]:
        return [[bin_of(self.world, f"{self.id}.bins[{number}]")] for number in range(2)]

    @classmethod
    async def resolve_references(cls, context: World, representations: Any) -> list[Any]:
        return await answers(context, "makers", representations, tool_named)


def tool_of(world: World, identity: str) -> Any:
    """One of a few tools, so that keys repeat; or something wrong."""
    dice = world.dice(identity)
    if dice.random() < world.trouble:
        return dice.choice([None, ValueError(f"no tool at {identity}")])
    return tool_named(world, dice.choice(TOOLS))


def tools_of(world: World, identity: str) -> list[Any]:
    count = world.dice(identity).randint(0, 3)
    return [tool_of(world, f"{identity}[{number}]") for number in range(count)]


def tool_named(world: World, key: str) -> Tool:
    def attribute(name: str, type_: Any) -> Any:
        return odd(world, f"{key}.{name}", type_)

    return Tool(
        world=world,
        id=ID(key),
        name=attribute("name", TEXT),
        required_name=attribute("required", required(TEXT)),
        size=attribute("size", required(NUMBER)),
        maybe_size=attribute("maybe", NUMBER),
        ratio=attribute("ratio", required(NUMBER)),
        is_sharp=world.dice(f"{key}.sharp").choice([True, False, None]),
        sizes=attribute("sizes", listed(NUMBER)),
        required_sizes=attribute("requiredSizes", listed(required(NUMBER))),
        grid=attribute("grid", listed(listed(NUMBER))),
        grade=grade(world, f"{key}.grade"),
        grades=[grade(world, f"{key}.grades{number}") for number in range(2)],
        maker=Maker(id=stub_id(world, f"{key}.maker")),
        makers=[Maker(id=stub_id(world, f"{key}.makers{number}")) for number in range(2)],
        bin=bin_of(world, f"{key}.bin"),
    )


def stub_id(world: World, identity: str) -> Any:
    dice = world.dice(identity)
    if dice.random() < world.trouble:
        return None
    return ID(f"p{dice.randint(1, STUBS_MAX)}")


async def answers(world: World, subgraph: str, representations: Any, make: Any) -> list[Any]:
    """Instances, nothing, or exceptions; each key is always answered alike."""
    await world.later(None, world.dice(subgraph).randint(0, 4))
    found: list[Any] = []
    for each in representations:
        dice: Random = world.dice(f"{subgraph} answers {each['id']}")
        if dice.random() < world.trouble:
            found.append(dice.choice([None, ValueError(f"{subgraph} lost {each['id']}")]))
        else:
            found.append(make(world, each["id"]))
    return found


@strawberry.type
class Note(Named):
    name: str | None
    text: str


Thing = Annotated[Tool | Note | Bin, strawberry.union("Thing")]


def thing_of(world: World, identity: str) -> Any:
    dice = world.dice(identity)
    kind = dice.randint(0, 2)
    if kind == 0:
        return tool_of(world, identity)
    if kind == 1:
        text = odd(world, f"{identity}.text", required(TEXT))
        return Note(name=odd(world, f"{identity}.name", TEXT), text=text)
    return bin_of(world, identity)


@strawberry.type(name="Query")
class MakersQuery:
    @strawberry.field
    def tools(self, info: strawberry.Info, at: int = 0) -> list[Tool | None]:
        return tools_of(info.context, f"tools({at})")

    @strawberry.field
    async def required_tools(self, info: strawberry.Info, at: int = 0) -> list[Tool] | None:
        return await info.context.later(tools_of(info.context, f"required({at})"))

    @strawberry.field
    def tool(self, info: strawberry.Info, key: str = "t1") -> Tool | None:
        return tool_named(info.context, key)

    @strawberry.field
    def tool_grid(self, info: strawberry.Info) -> list[list[Tool]] | None:
        return [tools_of(info.context, f"grid[{row}]") for row in range(2)]

    @strawberry.field
    def things(self, info: strawberry.Info, at: int = 0) -> list[Thing | None]:
        return [thing_of(info.context, f"things({at})[{number}]") for number in range(3)]

    @strawberry.field
    def named(self, info: strawberry.Info) -> list[Named]:
        found = [thing_of(info.context, f"named[{number}]") for number in range(3)]
        return [each for each in found if not isinstance(each, Bin)]

    @federation.field(shareable=True)
    def version(self) -> str:
        return "1"


@federation.type(name="Person", keys=["id"])
class Person:
    world: Private[Any]
    id: ID
    name: str
    nickname: str | None
    ages: list[int]

    @strawberry.field
    def greeting(self) -> str | None:
        return answered(self.world, f"{self.id}.greeting", TEXT)

    @strawberry.field
    def favourite(self) -> "StubTool | None":
        return StubTool(id=ID(self.world.dice(f"{self.id}.favourite").choice(TOOLS)))

    @strawberry.field
    async def friends(self, first: int = 2) -> list["Person"]:
        names = [f"p{number}" for number in range(1, first + 1)][:STUBS_MAX]
        return await self.world.later([person_named(self.world, name) for name in names])

    @classmethod
    async def resolve_references(cls, context: World, representations: Any) -> list[Any]:
        return await answers(context, "people", representations, person_named)


def person_named(world: World, key: str) -> Person:
    return Person(
        world=world,
        id=ID(key),
        name=odd(world, f"{key}.name", required(TEXT)),
        nickname=odd(world, f"{key}.nickname", TEXT),
        ages=odd(world, f"{key}.ages", listed(required(NUMBER))),
    )


@federation.type(name="Tool", keys=[stub_key("id")])
class StubTool:
    id: ID


@strawberry.type(name="Query")
class PeopleQuery:
    @strawberry.field
    def people(self, info: strawberry.Info) -> list[Person | None]:
        return [person_named(info.context, f"p{number}") for number in range(1, 4)]

    @federation.field(shareable=True)
    def version(self) -> str:
        return "1"


@federation.type(name="Bin", shareable=True)
class ShopBin:
    depth: int
    label: str | None


def shop_bin(world: World, identity: str) -> ShopBin:
    depth, label = (odd(world, f"{identity}.{name}", type_) for name, type_ in BIN)
    return ShopBin(depth=depth, label=label)


@federation.type(name="Tool", keys=["id"])
class SoldTool:
    world: Private[Any]
    id: ID
    price: int
    maybe_price: int | None
    tags: list[str] | None
    bin_for_sale: ShopBin | None
    badges: list[str] = batch_field(badges, key="id", description="From another subgraph.")
    name: str | None = federation.field(external=True, default=None)
    size: int = federation.field(external=True, default=0)
    given: Private[Any] = None

    @strawberry.field
    def price_label(self) -> str:
        return answered(self.world, f"{self.id}.priceLabel", required(TEXT))

    @strawberry.field
    async def discount(self, by: int = 1) -> int | None:
        return await self.world.later(odd(self.world, f"{self.id}.discount({by})", NUMBER), 2)

    @strawberry.field
    def buyer(self) -> "Buyer":
        return Buyer(id=stub_id(self.world, f"{self.id}.buyer"))

    @federation.field(requires=["name size"])
    def advertisement(self) -> str:
        return f"{self.given.get('name')} of {self.given.get('size')}"

    @classmethod
    async def resolve_references(cls, context: World, representations: Any) -> list[Any]:
        found = await answers(context, "sellers", representations, sold_tool)
        for each, given in zip(found, representations, strict=True):
            if isinstance(each, SoldTool):
                each.given = given
        return found


def sold_tool(world: World, key: str) -> SoldTool:
    return SoldTool(
        world=world,
        id=ID(key),
        price=odd(world, f"{key}.price", required(NUMBER)),
        maybe_price=odd(world, f"{key}.maybePrice", NUMBER),
        tags=odd(world, f"{key}.tags", listed(required(TEXT))),
        bin_for_sale=shop_bin(world, f"{key}.sale"),
    )


@federation.type(name="Person", keys=[stub_key("id")])
class Buyer:
    id: ID


@strawberry.type(name="Query")
class SellersQuery:
    @strawberry.field
    def offers(self, info: strawberry.Info) -> list[SoldTool]:
        return [sold_tool(info.context, key) for key in TOOLS[:3]]

    @federation.field(shareable=True)
    def version(self) -> str:
        return "1"


def workshop() -> Composition:
    return compose(
        {
            "makers": SubgraphSchema(query=MakersQuery, types=[Note]),
            "people": SubgraphSchema(query=PeopleQuery),
            "sellers": SubgraphSchema(query=SellersQuery),
        }
    )
