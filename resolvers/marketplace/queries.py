"""Services by id and of each provider."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, or_, select
from sqlmodel import col

from core.statements import Statement, is_among
from models.rows import Columns, ServiceRow
from models.tables import Service
from resolvers.context import Context
from resolvers.keyset import (
    NEWEST,
    Listing,
    Page,
    Slice,
    columns_by_name,
)
from resolvers.lists import lists_of_parents
from resolvers.marketplace.reviews import Rating, ratings
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


async def ratings_of_providers(context: Context, provider_ids: Sequence[UUID]) -> list[Rating]:
    """The average of all reviews of each provider's services; `None` before the first."""
    return await ratings(context, RATINGS, provider_ids)
