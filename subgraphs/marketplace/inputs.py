"""What clients send about services."""

from typing import Any

import strawberry

from resolvers.marketplace.catalogue import ServiceFilter as StoredFilter
from subgraphs.shared.connections import given
from subgraphs.shared.scalars import AZR, CountryCode


@strawberry.input(description="Which services to list. What is left out does not filter.")
class ServiceFilter:
    """Conditions on services."""

    category: str | None = strawberry.field(
        default=strawberry.UNSET, description="Services of exactly this category."
    )
    categories: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Services of one of these categories, at most 50."
    )
    price_min_azr: AZR | None = strawberry.field(
        default=strawberry.UNSET, description="Services that cost at least this."
    )
    price_max_azr: AZR | None = strawberry.field(
        default=strawberry.UNSET, description="Services that cost at most this."
    )
    rating_min: float | None = strawberry.field(
        default=strawberry.UNSET, description="Services with at least this average rating, 0 to 5."
    )
    country: CountryCode | None = strawberry.field(
        default=strawberry.UNSET, description="Services of providers who live there."
    )
    search: str | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "Words, or beginnings of words, of the name, category or description. Words that no"
            " service has stand for those most like them."
        ),
    )

    def stored(self) -> StoredFilter:
        values = {name: given(value) for name, value in vars(self).items()}
        category, categories = values.pop("category"), values.pop("categories")
        if category is not None:
            categories = [category] if categories is None or category in categories else []
        return StoredFilter(categories=None if categories is None else tuple(categories), **values)


@strawberry.input(description="A new service.")
class CreateServiceInput:
    """What offering needs."""

    name: str = strawberry.field(description="What is offered: 1 to 255 characters.")
    category: str = strawberry.field(
        description="The kind of service: a name that `categories` lists."
    )
    description: str = strawberry.field(
        description="What the buyer gets: 1 to 5000 characters, several lines if needed."
    )
    price_azr: AZR = strawberry.field(
        description="The price: above 0, at most 1000000, at most 6 decimals."
    )


@strawberry.input(description="Changes of a service. What is left out stays.")
class UpdateServiceInput:
    """Changes of an offer."""

    id: strawberry.ID = strawberry.field(description="The service: `svc_...`.")
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 255 characters."
    )
    category: str | None = strawberry.field(
        default=strawberry.UNSET, description="A name that `categories` lists."
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 5000 characters, several lines if needed."
    )
    price_azr: AZR | None = strawberry.field(
        default=strawberry.UNSET, description="Above 0, at most 1000000, at most 6 decimals."
    )

    def changes(self) -> dict[str, Any]:
        """The columns to change."""
        return {
            name: value
            for name, value in vars(self).items()
            if name != "id" and value is not strawberry.UNSET
        }
