"""Accounts: who people are. Owns User; shares Office, whose key is nested and has two parts."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry
from strawberry import ID, federation

from graph.compose import SubgraphSchema
from tests.graph.bazaar.shared import Amount, Context, Info, Role, Unit, config

MISSING = "999"
UNBILLED = "s6"


@strawberry.interface(description="Anything with an id.")
class Addressable:
    id: ID


@strawberry.interface
class Profile:
    handle: str


@strawberry.type
class HumanProfile(Profile):
    bio: str


@strawberry.type
class BotProfile(Profile):
    model: str


@federation.type(shareable=True)
class PageInfo:
    has_next: bool
    cursor: str | None = strawberry.field(deprecation_reason="Accounts count instead.")


@federation.type(shareable=True)
class Country:
    code: str | None


@federation.type(keys=["country { code } number"])
class Office:
    country: Country | None
    number: int
    crates: int | None = federation.field(external=True, default=None)
    given: strawberry.Private[Any] = None

    @federation.field(requires=["crates"])
    def guard(self) -> str | None:
        return f"guards {self.given['crates']} crates"

    @strawberry.field
    def city(self) -> str:
        return f"city of {self.country.code if self.country else None}-{self.number}"

    @classmethod
    async def resolve_references(cls, context: Context, representations: Any) -> list[Any]:
        context.world.record("accounts.Office", representations)
        return [office(each) for each in representations]


def office(key: Any) -> Office | None:
    """The office of a key, or nothing for an incomplete one, which gateways ask for."""
    if key["country"] is None or key["country"]["code"] is None:
        return None
    country = Country(code=key["country"]["code"])
    return Office(country=country, number=key["number"], given=key)


@federation.type(shareable=True)
class Money:
    amount: Amount
    unit: Unit


@federation.type(keys=["sku"])
class Listing:
    """Billed by what wallets asks for, which wallets knows from what stalls tells."""

    sku: ID
    surcharge: int | None = federation.field(external=True, default=None)
    given: strawberry.Private[Any] = None

    @federation.field(external=True)
    def fee(self, factor: int = 1) -> Money:
        raise NotImplementedError(factor)

    @federation.field(requires=["fee(factor: 3) { amount unit } surcharge"])
    def bill(self, copies: int = 1) -> str | None:
        fee = self.given["fee"]
        return f"{copies} x {fee['amount']} {fee['unit']} + {json.dumps(self.given['surcharge'])}"

    @classmethod
    async def resolve_references(cls, context: Context, representations: Any) -> list[Any]:
        context.world.record("accounts.Listing", representations)
        return [
            None if each["sku"] == UNBILLED else cls(sku=each["sku"], given=each)
            for each in representations
        ]


@federation.type(keys=["id"], description="A person, as accounts knows them.")
class User(Addressable):
    id: ID
    name: str
    role: Role
    old_name: str = strawberry.field(default="-", deprecation_reason="Use `name`.")
    birth_year: int = federation.field(default=1990, inaccessible=True)

    @strawberry.field
    def shout(
        self, suffix: Annotated[str, strawberry.argument(description="What comes last.")] = "!"
    ) -> str:
        return f"{self.name.upper()}{suffix}"

    @strawberry.field
    async def profile(self) -> Profile:
        handle = f"@{self.name}"
        if int(self.id) % 2:
            return HumanProfile(handle=handle, bio="hi")
        return BotProfile(handle=handle, model="b1")

    @strawberry.field
    async def friends(self, info: Info, first: int = 2) -> list["User"]:
        return [user_of(info.context, str(int(self.id) + step)) for step in range(1, first + 1)]

    @classmethod
    async def resolve_references(cls, context: Context, representations: Any) -> list[Any]:
        context.world.record("accounts.User", representations)
        for _ in range(context.world.turns):
            await asyncio.sleep(0)
        return [user_of(context, each["id"]) for each in representations]


def user_of(context: Context, key: str) -> Any:
    """The user with a key, `None` if missing, or the exception that the world has for them."""
    if key in context.world.failing:
        return context.world.failing[key]
    if key not in context.world.names:
        return None
    role = Role.ADMIN if int(key) % 3 == 0 else Role.MEMBER
    return User(id=ID(key), name=context.world.names[key], role=role)


@strawberry.input(description="Accounts' window.")
class Window:
    first: int = strawberry.field(default=3, description="How many.")
    after: str | None = strawberry.UNSET
    only_accounts: bool | None = strawberry.UNSET


@strawberry.input
class UserFilter:
    role: Role | None = strawberry.UNSET
    ids: list[ID] | None = strawberry.UNSET


@federation.input(one_of=True)
class Lookup:
    id: ID | None = strawberry.UNSET
    name: str | None = strawberry.UNSET


@strawberry.type
class Query:
    @strawberry.field
    def user(self, info: Info, id: ID) -> User | None:  # noqa: A002  # GraphQL's name
        return user_of(info.context, id)

    @strawberry.field
    def users(self, info: Info, window: Window, where: UserFilter | None = None) -> list[User]:
        everybody = [user_of(info.context, key) for key in info.context.world.names]
        if where and where.role:
            everybody = [user for user in everybody if user.role is where.role]
        if where and where.ids:
            everybody = [user for user in everybody if user.id in where.ids]
        return everybody[: window.first]

    @strawberry.field
    def lookup(self, info: Info, by: Lookup) -> User | None:
        names = {name: key for key, name in info.context.world.names.items()}
        return user_of(info.context, by.id or names.get(by.name or "", MISSING))

    @strawberry.field
    def offices(self) -> list[Office]:
        return [
            Office(country=Country(code="ZA"), number=1),
            Office(country=Country(code="KE"), number=2),
            Office(country=Country(code=None), number=3),
            Office(country=None, number=4),
        ]

    @federation.field(shareable=True)
    def page(self) -> PageInfo:
        return PageInfo(has_next=True, cursor="accounts")

    @federation.field(shareable=True)
    def version(self) -> str:
        return "1"


@strawberry.type
class Mutation:
    @strawberry.field
    async def rename(self, info: Info, id: ID, name: str) -> User:  # noqa: A002  # GraphQL's name
        info.context.world.names[id] = name
        return user_of(info.context, id)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, info: Info, count: int = 2) -> AsyncGenerator[User, None]:
        for number in range(count):
            yield user_of(info.context, str(number))
        if "ticks" in info.context.world.failing:
            raise info.context.world.failing["ticks"]


ACCOUNTS = SubgraphSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[HumanProfile, BotProfile, Listing],
    config=config(),
)
