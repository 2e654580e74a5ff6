"""Depots: reaches items by a key that stalls does not know, and listings by their slugs alone."""

from typing import Any

import strawberry
from strawberry import federation
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from graph.compose import SubgraphSchema
from tests.graph.bazaar.shared import Context, config


@federation.type(keys=["barcode"])
class Item:
    barcode: str
    given: strawberry.Private[Any] = None

    @federation.field(external=True)
    def quality(self, scale: int = 1) -> int | None:
        raise NotImplementedError(scale)

    @federation.field(requires=["quality(scale: 10)"])
    def label(self) -> str | None:
        return f"quality {self.given['quality']} of 10"

    @strawberry.field
    def stock(self) -> str | None:
        return f"stock of {self.barcode}"

    @classmethod
    async def resolve_references(cls, context: Context, representations: Any) -> list[Any]:
        context.world.record("depots.Item", representations)
        # Gateways, unlike the composition, ask for incomplete keys too.
        return [
            None if each["barcode"] is None else cls(barcode=each["barcode"], given=each)
            for each in representations
        ]


@federation.type(keys=[Key(fields=FieldSet("slug"), resolvable=False)])
class Listing:
    slug: str


@federation.type(shareable=True)
class Country:
    code: str | None


@federation.type(keys=["country { code } number"])
class Office:
    country: Country | None
    number: int
    crates: int | None

    @classmethod
    async def resolve_references(cls, context: Context, representations: Any) -> list[Any]:
        context.world.record("depots.Office", representations)
        return [office(each) for each in representations]


def office(key: Any) -> Office | None:
    """The office of a key, or nothing for an incomplete one."""
    if key["country"] is None or key["country"]["code"] is None:
        return None
    country = Country(code=key["country"]["code"])
    return Office(country=country, number=key["number"], crates=key["number"] * 100)


@strawberry.type
class Query:
    @strawberry.field
    def shelf(self) -> list[Listing]:
        return [Listing(slug="l-s1"), Listing(slug="l-s2")]

    @federation.field(shareable=True)
    def version(self) -> str:
        return "1"


DEPOTS = SubgraphSchema(query=Query, types=[Item, Office], config=config())
