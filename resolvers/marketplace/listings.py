"""What only providers see of their listings, and the categories of all."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from core.statements import Statement
from models.rows import CategoryRow, Columns, ServiceRow
from models.tables import Category, ListingState, Service
from resolvers.context import Context
from resolvers.keyset import NEWEST, Listing, Page, Slice
from resolvers.lists import lists_of_parents
from resolvers.marketplace.queries import IS_ACTIVE
from resolvers.rows import CountsByParent

CHOICES = {"state": col(Service.state) == bindparam("state")}
LISTINGS_OF_PROVIDERS = Listing(Service, ServiceRow, NEWEST, choices=CHOICES)
LISTING_COUNTS = CountsByParent(Service, "provider_id", choices=CHOICES)
# For each category the partial index of the marketplace is counted, and nothing else read.
CATEGORIES = Statement(
    select(
        col(Category.name),
        select(func.count())
        .where(col(Service.category) == col(Category.name), IS_ACTIVE)
        .scalar_subquery(),
    ).order_by(col(Category.position))
)


async def listings_of_providers(
    context: Context,
    provider_ids: Sequence[UUID],
    state: ListingState | None,
    page: Page,
    columns: Columns = None,
) -> list[Slice[ServiceRow]]:
    """Each provider's listings, of one state or of all, newest first. Ask for their owners only."""
    return await lists_of_parents(
        context,
        LISTINGS_OF_PROVIDERS,
        "provider_id",
        provider_ids,
        page,
        columns,
        counts=partial(listing_counts, state=state),
        parameters=_parameters(state),
    )


async def listing_counts(
    context: Context, provider_ids: Sequence[UUID], state: ListingState | None = None
) -> list[int]:
    database = context.stores.database
    return await LISTING_COUNTS.read(database, provider_ids, _parameters(state))


async def categories(context: Context) -> list[CategoryRow]:
    """The categories in their order, with how many services of each are on offer."""
    return [CategoryRow(*found) for found in await context.stores.database.fetch(CATEGORIES)]


def _parameters(state: ListingState | None) -> dict[str, str]:
    return {} if state is None else {"state": state.value}
