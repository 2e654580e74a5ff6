"""The catalogue: services on offer, found, ordered and counted."""

from typing import Annotated

import strawberry

from models.subjects import Subject
from resolvers.marketplace.catalogue import ServiceFilter as StoredFilter, services_page
from resolvers.marketplace.facets import (
    category_counts,
    country_counts,
    price_counts,
    rating_counts,
)
from subgraphs.marketplace.inputs import ServiceFilter
from subgraphs.marketplace.types import Service, ServiceSort
from subgraphs.shared.access import Info
from subgraphs.shared.caching import cached, inherited
from subgraphs.shared.connections import After, Before, Connection, First, Last, given, page_of
from subgraphs.shared.lookahead import columns_below
from subgraphs.shared.scalars import AZR, CountryCode
from subgraphs.shared.showing import Shown

Filter = Annotated[
    ServiceFilter | None, strawberry.argument(description="Which services to list or count.")
]


@strawberry.type(description="How many services a category has.")
class CategoryFacet:
    """A category, counted."""

    category: str = strawberry.field(description="The category, as `ServiceFilter` takes it.")
    count: int = strawberry.field(description="Its services.")


@strawberry.type(description="How many services the providers of a country offer.")
class CountryFacet:
    """A country, counted."""

    country: CountryCode = strawberry.field(description="The country of the providers.")
    count: int = strawberry.field(description="Their services.")


@strawberry.type(description="How many services cost so much.")
class PriceFacet:
    """A band of prices, counted."""

    from_azr: AZR = strawberry.field(description="The lowest price of the band.")
    below_azr: AZR | None = strawberry.field(
        description="The price where the next band begins; null for the last."
    )
    count: int = strawberry.field(description="The services in it.")


@strawberry.type(description="How many services have at least this rating.")
class RatingFacet:
    """A rating, counted."""

    rating_min: int = strawberry.field(description="The rating, from 1 to 4.")
    count: int = strawberry.field(description="The services rated so, or better.")


@strawberry.type(
    description=(
        "How many services each choice of a filter would leave. Each facet counts without its own"
        " condition, and with all the others."
    )
)
class ServiceFacets:
    """The catalogue, counted. Each field is one statement."""

    wanted: strawberry.Private[StoredFilter]

    @strawberry.field(description="By category, most first: at most 50.", metadata=inherited())
    async def categories(self, info: Info) -> list[CategoryFacet]:
        found = await category_counts(info.context, self.wanted)
        return [CategoryFacet(category=name, count=count) for name, count in found]

    @strawberry.field(
        description="By the provider's country, most first: at most 50.",
        metadata=inherited(Subject.USERS),
    )
    async def countries(self, info: Info) -> list[CountryFacet]:
        found = await country_counts(info.context, self.wanted)
        return [CountryFacet(country=CountryCode(code), count=count) for code, count in found]

    @strawberry.field(description="By price: each band, from the lowest.", metadata=inherited())
    async def prices(self, info: Info) -> list[PriceFacet]:
        return [
            PriceFacet(
                from_azr=AZR(band.from_azr),
                below_azr=None if band.below_azr is None else AZR(band.below_azr),
                count=band.count,
            )
            for band in await price_counts(info.context, self.wanted)
        ]

    @strawberry.field(description="By rating, from the best.", metadata=inherited(Subject.REVIEWS))
    async def ratings(self, info: Info) -> list[RatingFacet]:
        found = await rating_counts(info.context, self.wanted)
        return [RatingFacet(rating_min=rating, count=count) for rating, count in found]


@strawberry.type
class CatalogueQuery:
    """What is on offer."""

    @strawberry.field(description="The services on offer.", metadata=cached(60, Subject.SERVICES))
    async def services(
        self,
        info: Info,
        filter: Filter = strawberry.UNSET,  # noqa: A002
        sort: Annotated[
            ServiceSort | None,
            strawberry.argument(
                description="The order; without one `RELEVANCE` for a search, `NEWEST` otherwise."
            ),
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Service]:
        wanted = (filter or ServiceFilter()).stored()
        page = page_of(first, after, last, before)
        columns = columns_below(info)
        found = await services_page(info.context, page, wanted, given(sort), *columns)
        return Connection(page=found, shown=Shown(Service))

    @strawberry.field(
        description="The services on offer, counted by what a filter may choose.",
        metadata=cached(60, Subject.SERVICES),
    )
    async def service_facets(
        self,
        filter: Filter = strawberry.UNSET,  # noqa: A002
    ) -> ServiceFacets:
        return ServiceFacets(wanted=(filter or ServiceFilter()).stored())
