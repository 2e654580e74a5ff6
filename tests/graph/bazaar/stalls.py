"""Stalls: owns listings, which have two keys, and refers to users and items by stubs."""

import asyncio
from typing import Annotated, Any

import strawberry
from strawberry import ID, federation
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from graph.compose import SubgraphSchema
from tests.graph.bazaar.shared import Amount, Context, Unit, config


@federation.type(shareable=True, description="An amount in its unit.")
class Money:
    amount: Amount = strawberry.field(description="How much.")
    unit: Unit


@federation.type(shareable=True)
class PageInfo:
    has_next: bool
    cursor: str | None


@strawberry.interface
class Sized:
    size: int


@federation.type(shareable=True)
class Farm:
    acres: int


@federation.type(shareable=True)
class Factory(Sized):
    size: int


Origin = Annotated[Farm | Factory, strawberry.union("Origin", description="Where it is made.")]


@federation.type(shareable=True)
class Part:
    grams: int


@federation.type(keys=[Key(fields=FieldSet("id"), resolvable=False)])
class User:
    id: ID


@federation.type(keys=[Key(fields=FieldSet("code"), resolvable=False)])
class Item:
    code: ID


@federation.type(keys=["sku", "slug"])
class Listing:
    sku: ID
    slug: str

    @strawberry.field
    async def price(self, unit: Unit = Unit.AZR) -> Money:
        return Money(amount=Amount(f"{self.number * 5}.00"), unit=unit)

    @strawberry.field
    async def weight(self) -> int:
        await asyncio.sleep(0)
        return self.number

    @strawberry.field
    def origin(self) -> Origin | None:
        kinds = [None, Farm(acres=self.number), Factory(size=self.number)]
        return kinds[self.number % 3]

    @strawberry.field
    def parts(self) -> list[list[Part]]:
        return [[Part(grams=self.number)], [Part(grams=1), Part(grams=2)]]

    @strawberry.field
    def seller(self) -> User:
        return User(id=ID(str(self.number % 100)))

    @strawberry.field(description="Stalls ranked once; wallets does now.")
    def rank(self) -> str:
        return f"stalls ranks {self.sku}"

    @property
    def number(self) -> int:
        return int(self.sku[1:])

    @classmethod
    async def resolve_references(cls, context: Context, representations: Any) -> list[Any]:
        context.world.record("stalls.Listing", representations)
        return [listing(each.get("sku") or each["slug"][2:]) for each in representations]


def listing(sku: str) -> Listing | None:
    return Listing(sku=ID(sku), slug=f"l-{sku}") if sku.startswith("s") else None


@strawberry.type
class Ad:
    buyer: User
    fault: strawberry.Private[str] = ""

    @strawberry.field
    async def text(self) -> str:
        if self.fault == "later":
            raise ValueError(self.fault)
        return "buy"

    @strawberry.field
    def slogan(self) -> str:
        if self.fault == "at once":
            raise ValueError(self.fault)
        return "now"


Thing = Annotated[Listing | Ad, strawberry.union("Thing", description="What one may meet.")]


@strawberry.type
class ListingConnection:
    nodes: list[Listing]
    page_info: PageInfo


@strawberry.input
class Window:
    first: int | None = 3
    after: str | None = strawberry.field(default=strawberry.UNSET, description="Where to begin.")
    only_stalls: str | None = strawberry.UNSET


@strawberry.type
class Query:
    @strawberry.field
    async def listings(self, window: Window) -> ListingConnection:
        nodes = [listing(f"s{number}") for number in range(window.first or 0)]
        return ListingConnection(nodes=nodes, page_info=PageInfo(has_next=True, cursor="c"))

    @strawberry.field
    def listing(self, sku: ID) -> Listing | None:
        return listing(sku)

    @strawberry.field
    def feed(self) -> list[Thing]:
        return [listing("s1"), Ad(buyer=User(id=ID("4"))), listing("s2")]

    @strawberry.field
    def ads(self, fault: str = "") -> list[Ad | None]:
        buyer = User(id=ID("7"))
        return [Ad(buyer=buyer, fault=fault), Ad(buyer=buyer)]

    @strawberry.field
    def items(self) -> list[Item]:
        return [Item(code=ID("c1")), Item(code=ID("c2")), Item(code=ID("c0"))]

    @strawberry.field
    def ghost(self) -> User | None:
        return User(id=ID("999"))

    @strawberry.field
    def nameless(self) -> User | None:
        return User(id=None)

    @strawberry.field
    def sellers(self, ids: list[ID]) -> list[User | None]:
        return [User(id=each) for each in ids]

    @strawberry.field
    def rogue(self) -> User | None:
        return {"id": "1"}

    @federation.field(shareable=True)
    def version(self) -> str:
        return "1"


STALLS = SubgraphSchema(query=Query, config=config())
