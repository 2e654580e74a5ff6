"""Services, reviews, and what the marketplace adds to a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import strawberry

from models.rows import ReviewRow, ServiceRow
from resolvers.context import Context
from resolvers.marketplace.queries import (
    ServiceSort,
    ratings_of_providers,
    reviews_by_id,
    reviews_of_services,
    services_by_id,
    services_of_providers,
    services_of_reviews,
)
from subgraphs.shared.access import Audience
from subgraphs.shared.connections import Connection
from subgraphs.shared.entities import Node, contributions_by_id, entity, resolve_by_id
from subgraphs.shared.fields import batch_connection, batch_field
from subgraphs.shared.ids import Kind, public_id
from subgraphs.shared.scalars import AZR

strawberry.enum(ServiceSort, description="The order of a list of services.")


@entity(Kind.REVIEW, audience=Audience.EVERYONE, description="What somebody says of a service.")
class Review(Node):
    """A review."""

    parent: strawberry.Private[ReviewRow]
    rating: int = strawberry.field(description="From 1 (poor) to 5 (excellent).")
    comment: str = strawberry.field(description="What the author says.")
    created_at: datetime = strawberry.field(description="When it was written.")
    author: "User" = strawberry.field(description="The person who wrote it.")
    service: "Service | None" = batch_field(
        services_of_reviews,
        shown=lambda row: Service.of(row),
        description="The service that it is about.",
    )

    @classmethod
    def of(cls, row: ReviewRow) -> Self:
        return cls(
            parent=row,
            id=public_id(Kind.REVIEW, row.id),
            rating=row.rating,
            comment=row.comment,
            created_at=row.created_at,
            author=User.of(row.author_id),
        )

    @classmethod
    async def resolve_references(
        cls, context: Context, representations: Sequence[Mapping[str, Any]]
    ) -> list[Any]:
        return await resolve_by_id(context, representations, Kind.REVIEW, reviews_by_id, cls.of)


@entity(
    Kind.SERVICE, audience=Audience.EVERYONE, description="Something that a person offers for AZR."
)
class Service(Node):
    """A service."""

    parent: strawberry.Private[ServiceRow]
    name: str = strawberry.field(description="What is offered, in a few words.")
    category: str | None = strawberry.field(description="The kind of service, such as `Design`.")
    description: str = strawberry.field(description="What the buyer gets.")
    price_azr: AZR | None = strawberry.field(
        description="The price, at most 6 decimals; null while none is set."
    )
    is_active: bool = strawberry.field(description="Whether it is on offer at the moment.")
    average_rating: float | None = strawberry.field(
        description="The average of all its reviews, from 1 to 5; null before the first."
    )
    review_count: int = strawberry.field(description="How many reviews it has.")
    created_at: datetime = strawberry.field(description="When it was first offered.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    provider: "User | None" = strawberry.field(description="The person who offers it.")
    reviews: Connection[Review] = batch_connection(
        reviews_of_services, shown=Review.of, description="What people say of it, newest first."
    )

    @classmethod
    def of(cls, row: ServiceRow) -> Self:
        return cls(
            parent=row,
            id=public_id(Kind.SERVICE, row.id),
            name=row.name,
            category=row.category,
            description=row.description,
            price_azr=AZR(row.price_azr) if row.price_azr is not None else None,
            is_active=row.is_active,
            average_rating=float(row.average_rating) if row.review_count else None,
            review_count=row.review_count,
            created_at=row.created_at,
            updated_at=row.updated_at,
            provider=User.of(row.provider_id) if row.provider_id is not None else None,
        )

    @classmethod
    async def resolve_references(
        cls, context: Context, representations: Sequence[Mapping[str, Any]]
    ) -> list[Any]:
        return await resolve_by_id(context, representations, Kind.SERVICE, services_by_id, cls.of)


@entity(Kind.USER, audience=Audience.EVERYONE)
class User(Node):
    """A person as a provider."""

    parent: strawberry.Private[UUID]
    services: Connection[Service] = batch_connection(
        services_of_providers,
        shown=Service.of,
        description="What the person offers, newest first.",
    )
    rating: float | None = batch_field(
        ratings_of_providers,
        shown=lambda rating: rating.average,
        description=(
            "The average of all reviews of the person's services, from 1 to 5; null before the"
            " first."
        ),
    )

    @classmethod
    def of(cls, key: UUID) -> Self:
        return cls(parent=key, id=public_id(Kind.USER, key))

    @classmethod
    async def resolve_references(
        cls, context: Context, representations: Sequence[Mapping[str, Any]]
    ) -> list[Any]:
        del context
        return contributions_by_id(representations, Kind.USER, cls.of)
