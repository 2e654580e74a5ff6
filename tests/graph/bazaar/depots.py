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

    @strawberry.field
    def stock(self) -> str | None:
        return f"stock of {self.barcode}"

    @classmethod
    async def resolve_references(cls, context: Context, representations: Any) -> list[Any]:
        context.world.record("depots.Item", representations)
        return [cls(barcode=each["barcode"]) for each in representations]


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
        return [
            cls(
                country=Country(code=each["country"]["code"]),
                number=each["number"],
                crates=each["number"] * 100,
            )
            for each in representations
        ]


@strawberry.type
class Query:
    @strawberry.field
    def shelf(self) -> list[Listing]:
        return [Listing(slug="l-s1"), Listing(slug="l-s2")]

    @federation.field(shareable=True)
    def version(self) -> str:
        return "1"


DEPOTS = SubgraphSchema(query=Query, types=[Item, Office], config=config())
