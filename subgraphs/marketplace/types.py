"""Services, reviews, and what the marketplace adds to a person."""

from datetime import datetime
from uuid import UUID

import strawberry

from models.rows import ReviewRow, ServiceRow
from models.subjects import Subject
from resolvers.marketplace.catalogue import ServiceSort
from resolvers.marketplace.queries import (
    ratings_of_providers,
    reviews_by_id,
    reviews_of_services,
    services_by_id,
    services_of_providers,
)
from subgraphs.shared.access import Audience
from subgraphs.shared.caching import PRIVATE, cached, inherited
from subgraphs.shared.columns import column
from subgraphs.shared.connections import Connection
from subgraphs.shared.entities import Node, entity
from subgraphs.shared.fields import batch_connection, batch_field
from subgraphs.shared.ids import Kind
from subgraphs.shared.scalars import AZR


def _average_rating(row: ServiceRow) -> float | None:
    return float(row.average_rating) if row.review_count else None


strawberry.enum(ServiceSort, description="The order of a list of services.")


@entity(
    Kind.REVIEW,
    audience=Audience.EVERYONE,
    description="What somebody says of a service.",
    key="id",
    found_by=reviews_by_id,
)
class Review(Node):
    """A review."""

    parent: strawberry.Private[ReviewRow]
    rating: int = column("rating", description="From 1 (poor) to 5 (excellent).")
    comment: str = column("comment", description="What the author says.")
    created_at: datetime = column("created_at", description="When it was written.")
    author: "User" = column(
        "author_id",
        shown=lambda key: User.of(key),
        description="The person who wrote it.",
        metadata=cached(60, Subject.USERS),
    )
    service: "Service | None" = batch_field(
        services_by_id,
        key="parent.service_id",
        shown=lambda row: Service.of(row),
        description="The service that it is about.",
        metadata=cached(60, Subject.SERVICES),
    )


@entity(
    Kind.SERVICE,
    audience=Audience.EVERYONE,
    description="Something that a person offers for AZR.",
    key="id",
    found_by=services_by_id,
)
class Service(Node):
    """A service."""

    parent: strawberry.Private[ServiceRow]
    name: str = column("name", description="What is offered, in a few words.")
    category: str | None = column("category", description="The kind of service, such as `Design`.")
    description: str = column("description", description="What the buyer gets.")
    price_azr: AZR | None = column(
        "price_azr", description="The price, at most 6 decimals; null while none is set."
    )
    is_active: bool = column("is_active", description="Whether it is on offer at the moment.")
    average_rating: float | None = column(
        shown=_average_rating,
        reads=("review_count", "average_rating"),
        description="The average of all its reviews, from 1 to 5; null before the first.",
    )
    review_count: int = column("review_count", description="How many reviews it has.")
    created_at: datetime = column("created_at", description="When it was first offered.")
    updated_at: datetime = column("updated_at", description="When it last changed.")
    provider: "User | None" = column(
        "provider_id",
        shown=lambda key: User.of(key),
        description="The person who offers it.",
        metadata=cached(60, Subject.USERS),
    )
    reviews: Connection[Review] = batch_connection(
        reviews_of_services,
        key="parent.id",
        shown=Review.of,
        description="What people say of it, newest first.",
        metadata=cached(60, Subject.REVIEWS),
    )


@entity(Kind.USER, audience=Audience.EVERYONE)
class User(Node):
    """A person as a provider."""

    parent: strawberry.Private[UUID]
    services: Connection[Service] = batch_connection(
        services_of_providers,
        shown=Service.of,
        description="What the person offers, newest first.",
        metadata=PRIVATE,
    )
    rating: float | None = batch_field(
        ratings_of_providers,
        shown=lambda rating: rating.average,
        description=(
            "The average of all reviews of the person's services, from 1 to 5; null before the"
            " first."
        ),
        metadata=inherited(Subject.REVIEWS, Subject.SERVICES),
    )
