"""Services by id and of each provider; their reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, or_, select
from sqlmodel import col

from core.statements import Statement, is_among
from models.rows import Columns, ReviewRow, ServiceRow
from models.tables import Review, Service
from resolvers.context import Context
from resolvers.keyset import (
    NEWEST,
    Listing,
    Page,
    Slice,
    columns_by_name,
)
from resolvers.lists import lists_of_parents
from resolvers.rows import CountsByParent, RowsById

# Bare, as the partial indexes have it: PostgreSQL does not match `IS true` with them.
IS_ACTIVE = columns_by_name(Service)["is_active"]
SERVICES = RowsById(Service, ServiceRow)
# Inactive services are for their providers and admins only; these read without a parameter.
VISIBLE = {
    "viewer_id": or_(IS_ACTIVE, col(Service.provider_id) == bindparam("viewer_id", type_=Uuid()))
}
SERVICES_OF_PROVIDERS = Listing(Service, ServiceRow, NEWEST, choices=VISIBLE)
SERVICE_COUNTS = CountsByParent(Service, "provider_id", choices=VISIBLE)
REVIEWS = RowsById(Review, ReviewRow)
REVIEWS_OF_SERVICES = Listing(Review, ReviewRow, NEWEST)
REVIEW_COUNTS = CountsByParent(Review, "service_id")
RATINGS = Statement(
    select(
        col(Service.provider_id),
        func.sum(col(Service.rating_total)),
        func.sum(col(Service.review_count)),
    )
    .where(is_among(col(Service.provider_id), "ids"))
    .group_by(col(Service.provider_id))
)


async def services_by_id(
    context: Context, ids: Sequence[UUID], columns: Columns = None
) -> list[ServiceRow | None]:
    """Services by id, inactive ones too."""
    return await SERVICES.read(context.stores.database, ids, columns=columns)


async def services_of_providers(
    context: Context, provider_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[ServiceRow]]:
    """Each provider's services, newest first; inactive ones for themselves and admins only."""
    return await lists_of_parents(
        context,
        SERVICES_OF_PROVIDERS,
        "provider_id",
        provider_ids,
        page,
        columns,
        counts=service_counts,
        parameters=_visibility(context),
    )


async def service_counts(context: Context, provider_ids: Sequence[UUID]) -> list[int]:
    database = context.stores.database
    return await SERVICE_COUNTS.read(database, provider_ids, _visibility(context))


def _visibility(context: Context) -> dict[str, UUID | None]:
    return {} if context.viewer.is_admin else {"viewer_id": context.viewer.user_id}


@dataclass(frozen=True, slots=True)
class Rating:
    """The reviews of all services of one provider, in figures."""

    average: float | None
    count: int


async def ratings_of_providers(context: Context, provider_ids: Sequence[UUID]) -> list[Rating]:
    """The average of all reviews of each provider's services; `None` before the first."""
    by_provider = {
        provider_id: Rating(round(total / count, 2) if count else None, count)
        for provider_id, total, count in await context.stores.database.fetch(
            RATINGS, {"ids": provider_ids}
        )
    }
    return [by_provider.get(each, Rating(None, 0)) for each in provider_ids]


async def reviews_of_services(
    context: Context, service_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[ReviewRow]]:
    """Each service's reviews, newest first."""
    return await lists_of_parents(
        context,
        REVIEWS_OF_SERVICES,
        "service_id",
        service_ids,
        page,
        columns,
        counts=review_counts,
    )


async def review_counts(context: Context, service_ids: Sequence[UUID]) -> list[int]:
    return await REVIEW_COUNTS.read(context.stores.database, service_ids)


async def reviews_by_id(
    context: Context, ids: Sequence[UUID], columns: Columns = None
) -> list[ReviewRow | None]:
    return await REVIEWS.read(context.stores.database, ids, columns=columns)
