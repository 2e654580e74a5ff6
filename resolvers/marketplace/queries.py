"""Services: by id, as a catalogue with filters and orders, and of each provider; their reviews."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, Uuid, bindparam, func, or_, select
from sqlmodel import col

from core.errors import CodedError
from core.statements import Statement, is_among
from models.cache import ACTIVE_SERVICES, ACTIVE_SERVICES_KEY, ACTIVE_SERVICES_MAX
from models.rows import Columns, ReviewRow, ServiceRow
from models.tables import Review, Service
from resolvers.context import Context
from resolvers.keyset import (
    NEWEST,
    Listing,
    Order,
    Page,
    Slice,
    amount_value,
    columns_by_name,
    cut,
    text_value,
)
from resolvers.lists import counter, lists_of_parents, whole_list
from resolvers.rows import CountsByParent, RowsById
from resolvers.search import matches, search_query

RATING_MAX = 5


class ServiceSort(StrEnum):
    """The orders of the catalogue."""

    NEWEST = "newest"
    PRICE_LOW_TO_HIGH = "price_low_to_high"
    PRICE_HIGH_TO_LOW = "price_high_to_low"
    NAME = "name"
    RATING = "rating"


_PRICE_KEYS = (("price_sort_azr", amount_value), ("id", UUID))
ORDERS = {
    ServiceSort.NEWEST: NEWEST,
    ServiceSort.PRICE_LOW_TO_HIGH: Order("price_low_to_high", _PRICE_KEYS, is_descending=False),
    ServiceSort.PRICE_HIGH_TO_LOW: Order("price_high_to_low", _PRICE_KEYS, is_descending=True),
    ServiceSort.NAME: Order("name", (("name", text_value), ("id", UUID)), is_descending=False),
    ServiceSort.RATING: Order(
        "rating", (("average_rating", amount_value), ("id", UUID)), is_descending=True
    ),
}


@dataclass(frozen=True, slots=True)
class ServiceFilter:
    """Which services to list. Absent conditions do not filter."""

    category: str | None = None
    price_min_azr: Decimal | None = None
    price_max_azr: Decimal | None = None
    rating_min: float | None = None
    search: str | None = None

    def __post_init__(self) -> None:
        if self.rating_min is not None and not 0 <= self.rating_min <= RATING_MAX:
            message = f"`ratingMin` must be from 0 to {RATING_MAX}."
            raise CodedError(message)

    def parameters(self) -> dict[str, Any]:
        """The values of the conditions that filter, by the names of `FILTERS`."""
        rating_min = None if self.rating_min is None else Decimal(str(self.rating_min))
        search = None if self.search is None else search_query(self.search)
        pairs = (
            ("category", self.category),
            ("price_min_azr", self.price_min_azr),
            ("price_max_azr", self.price_max_azr),
            ("rating_min", rating_min),
            ("search", search),
        )
        return {name: value for name, value in pairs if value is not None}


NO_FILTER = ServiceFilter()
FILTERS: Mapping[str, ColumnElement[bool]] = {
    "category": col(Service.category) == bindparam("category"),
    "price_min_azr": col(Service.price_azr) >= bindparam("price_min_azr", type_=Numeric()),
    "price_max_azr": col(Service.price_azr) <= bindparam("price_max_azr", type_=Numeric()),
    # Without the column's two decimals, to which 4.999 would be rounded.
    "rating_min": col(Service.average_rating) >= bindparam("rating_min", type_=Numeric()),
    "search": matches(col(Service.search), "search"),
}
# Bare, as the partial indexes have it: PostgreSQL does not match `IS true` with them.
IS_ACTIVE = columns_by_name(Service)["is_active"]
CATALOGUES = {
    sort: Listing(Service, ServiceRow, order, where=(IS_ACTIVE,), choices=FILTERS)
    for sort, order in ORDERS.items()
}
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


async def services_page(
    context: Context,
    page: Page,
    wanted: ServiceFilter,
    sort: ServiceSort,
    columns: Columns = None,
) -> Slice[ServiceRow]:
    """Active services. The newest hundred are read through `services:active`, whole."""
    listing = CATALOGUES[sort]
    is_cached = (
        (wanted, sort) == (NO_FILTER, ServiceSort.NEWEST)
        and (page.after, page.before, page.last) == (None, None, None)
        and page.size < ACTIVE_SERVICES_MAX
    )
    if not is_cached:
        return await whole_list(context, listing, page, wanted.parameters(), columns)

    async def load() -> tuple[ServiceRow, ...]:
        newest = await whole_list(context, listing, Page(first=ACTIVE_SERVICES_MAX))
        return tuple(newest.rows)

    rows = await context.stores.cache.read(ACTIVE_SERVICES_KEY, ACTIVE_SERVICES, load)
    return cut(rows[: page.size + 1], page, listing.order, counter(context, listing))


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
