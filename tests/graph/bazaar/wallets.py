"""Wallets: adds balances to users, and to listings what it computes from others' fields."""

import json
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry
from strawberry import ID, federation

from graph.compose import SubgraphSchema
from tests.graph.bazaar.shared import Amount, Context, Info, Unit, config

UNKNOWN = "s404"


@strawberry.interface
class Addressable:
    id: ID


@federation.type(shareable=True)
class Money:
    amount: Amount
    unit: Unit


@federation.type(shareable=True)
class PageInfo:
    has_next: bool
    cursor: str | None


@strawberry.interface(description="What came from somewhere, with a size.")
class Sized:
    size: int


@federation.type(shareable=True)
class Farm:
    acres: int


@federation.type(shareable=True)
class Factory(Sized):
    size: int


Origin = Annotated[Farm | Factory, strawberry.union("Origin")]


@federation.type(shareable=True)
class Part:
    grams: int


@federation.type(keys=["id"], description="Described by wallets too, which comes later.")
class User(Addressable):
    id: ID
    name: str = federation.field(external=True, default="")
    birth_year: int = federation.field(external=True, default=0)

    @strawberry.field
    async def wallet(self) -> "Wallet":
        return Wallet(id=ID(f"w{self.id}"), owner=self)

    @strawberry.field
    async def balance(self, unit: Unit = Unit.AZR) -> Money:
        return Money(amount=Amount(f"{int(self.id) * 10}.00"), unit=unit)

    @classmethod
    async def resolve_references(cls, context: Context, representations: Any) -> list[Any]:
        context.world.record("wallets.User", representations)
        return [cls(id=each["id"]) for each in representations]


@federation.type(keys=["id"])
class Wallet(Addressable):
    id: ID
    owner: User

    @classmethod
    async def resolve_references(cls, context: Context, representations: Any) -> list[Any]:
        context.world.record("wallets.Wallet", representations)
        return [cls(id=each["id"], owner=User(id=each["id"][1:])) for each in representations]


@federation.type(keys=["sku"])
class Listing:
    sku: ID
    weight: int = federation.field(external=True, default=0)
    origin: Origin | None = federation.field(external=True, default=None)
    parts: list[list[Part]] = federation.field(external=True, default=())
    seller: User = federation.field(external=True, default=None)
    given: strawberry.Private[Any] = None

    @federation.field(external=True)
    def price(self, unit: Unit = Unit.AZR) -> Money:
        raise NotImplementedError(unit)

    @federation.field(requires=["price(unit: GEM) { amount unit } weight"])
    async def fee(self, factor: int = 1) -> Money:
        price = self.given["price"]
        hundredth = float(price["amount"]) / 100 + self.given["weight"]
        return Money(amount=Amount(f"{hundredth * factor:.2f}"), unit=Unit[price["unit"]])

    @federation.field(
        requires=["origin { __typename ... on Farm { acres } ... on Factory { size } }"]
    )
    def tariff(self) -> str:
        return json.dumps(self.given["origin"], sort_keys=True)

    @federation.field(requires=["parts { grams }"])
    def postage(self) -> int:
        return sum(part["grams"] for row in self.given["parts"] for part in row)

    @federation.field(requires=["seller { name birthYear } weight"])
    def sender(self) -> str:
        # A gateway adds `__typename` to what it was asked for.
        seller = {name: self.given["seller"][name] for name in ("birthYear", "name")}
        return json.dumps([seller, self.given["weight"]], sort_keys=True)

    @federation.field(requires=["weight"])
    def surcharge(self) -> int | None:
        return self.given["weight"] if self.given["weight"] % 2 else None

    @federation.field(external=True)
    def bill(self, copies: int = 1) -> str | None:
        raise NotImplementedError(copies)

    @federation.field(requires=["bill(copies: 2)"])
    def receipt(self) -> str:
        return f"received: {self.given['bill']}"

    @federation.field(override="stalls")
    def rank(self) -> str:
        return f"wallets ranks {self.sku}"

    @classmethod
    async def resolve_references(cls, context: Context, representations: Any) -> list[Any]:
        context.world.record("wallets.Listing", representations)
        return [
            None if each["sku"] == UNKNOWN else cls(sku=each["sku"], given=each)
            for each in representations
        ]


@federation.type(keys=["code", "barcode"])
class Item:
    code: ID
    barcode: str | None

    @strawberry.field
    def quality(self, scale: int = 1) -> int | None:
        return None if self.code == "c2" else scale

    @classmethod
    async def resolve_references(cls, context: Context, representations: Any) -> list[Any]:
        context.world.record("wallets.Item", representations)
        return [
            cls(code=each["code"], barcode=None if each["code"] == "c0" else f"b-{each['code']}")
            for each in representations
        ]


Thing = Annotated[Listing | Wallet, strawberry.union("Thing")]


@strawberry.input
class TransferInput:
    to: ID
    amount: Amount
    unit: Unit = Unit.AZR


@strawberry.type
class TransferMade:
    to: User
    amount: Money


@strawberry.type
class TransferRefused:
    reason: str


@strawberry.type
class Query:
    @strawberry.field
    async def wallets(self, first: int = 2) -> list[Wallet]:
        return [
            Wallet(id=ID(f"w{number}"), owner=User(id=ID(str(number))))
            for number in range(1, first + 1)
        ]

    @strawberry.field
    def anything(self) -> list[Addressable]:
        return [Wallet(id=ID("w1"), owner=User(id=ID("1"))), User(id=ID("2"))]

    @strawberry.field
    def things(self) -> list[Thing]:
        return [Wallet(id=ID("w1"), owner=User(id=ID("1"))), Listing(sku=ID("s1"))]

    @federation.field(shareable=True)
    def page(self) -> PageInfo:
        return PageInfo(has_next=False, cursor="wallets")

    @federation.field(shareable=True)
    def version(self) -> str:
        return "1"


@strawberry.type
class Mutation:
    @strawberry.field
    async def transfer(self, data: TransferInput) -> TransferMade | TransferRefused:
        if data.amount.startswith("-"):
            return TransferRefused(reason="amount")
        return TransferMade(to=User(id=data.to), amount=Money(amount=data.amount, unit=data.unit))


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def transfers(self, info: Info, count: int = 2) -> AsyncGenerator[TransferMade, None]:
        for number in range(count):
            info.context.world.names["1"] = f"renamed {number}"
            money = Money(amount=Amount("5"), unit=Unit.AZR)
            yield TransferMade(to=User(id=ID("1")), amount=money)


WALLETS = SubgraphSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Item, Listing],
    config=config(),
)
