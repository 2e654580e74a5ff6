"""Services: by id, as a catalogue with filters and orders, and of each provider; their reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, func, literal, or_, select, true
from sqlmodel import col

from core.errors import CodedError
from models.cache import ACTIVE_SERVICES, ACTIVE_SERVICES_KEY, ACTIVE_SERVICES_MAX
from models.rows import ReviewRow, ServiceRow
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
from resolvers.rows import counts_by_parent, rows_by_id
from resolvers.search import matches

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

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.category is not None:
            found.append(col(Service.category) == self.category)
        if self.price_min_azr is not None:
            found.append(col(Service.price_azr) >= self.price_min_azr)
        if self.price_max_azr is not None:
            found.append(col(Service.price_azr) <= self.price_max_azr)
        if self.rating_min is not None:
            # Without the column's two decimals, to which 4.999 would be rounded.
            rating_min = literal(Decimal(str(self.rating_min)), Numeric())
            found.append(col(Service.average_rating) >= rating_min)
        if self.search is not None:
            search = matches(col(Service.search), self.search)
            found.extend([search] if search is not None else [])
        return found


NO_FILTER = ServiceFilter()


async def services_by_id(context: Context, ids: Sequence[UUID]) -> list[ServiceRow | None]:
    """Services by id, inactive ones too."""
    return await rows_by_id(context.stores.database, Service, ServiceRow, ids)


async def services_page(
    context: Context, page: Page, wanted: ServiceFilter, sort: ServiceSort
) -> Slice[ServiceRow]:
    """Active services. The newest hundred are read through `services:active`."""
    order = ORDERS[sort]
    # Bare, as the partial indexes have it: PostgreSQL does not match `IS true` with them.
    where = (columns_by_name(Service)["is_active"], *wanted.conditions())
    listing = Listing(Service, ServiceRow, order, where)
    is_cached = (
        (wanted, sort) == (NO_FILTER, ServiceSort.NEWEST)
        and (page.after, page.before, page.last) == (None, None, None)
        and page.size < ACTIVE_SERVICES_MAX
    )
    if not is_cached:
        return await whole_list(context, listing, page)

    async def load() -> tuple[ServiceRow, ...]:
        newest = await whole_list(context, listing, Page(first=ACTIVE_SERVICES_MAX))
        return tuple(newest.rows)

    rows = await context.stores.cache.read(ACTIVE_SERVICES_KEY, ACTIVE_SERVICES, load)
    return cut(rows[: page.size + 1], page, order, counter(context, listing))


async def services_of_providers(
    context: Context, provider_ids: Sequence[UUID], page: Page
) -> list[Slice[ServiceRow]]:
    """Each provider's services, newest first; inactive ones for themselves and admins only."""
    listing = Listing(Service, ServiceRow, NEWEST, where=(_visible_services(context),))
    return await lists_of_parents(
        context, listing, "provider_id", provider_ids, page, counts=service_counts
    )


async def service_counts(context: Context, provider_ids: Sequence[UUID]) -> list[int]:
    return await counts_by_parent(
        context.stores.database, Service, "provider_id", provider_ids, _visible_services(context)
    )


def _visible_services(context: Context) -> ColumnElement[bool]:
    if context.viewer.is_admin:
        return true()
    return or_(col(Service.is_active), col(Service.provider_id) == context.viewer.user_id)


@dataclass(frozen=True, slots=True)
class Rating:
    """The reviews of all services of one provider, in figures."""

    average: float | None
    count: int


async def ratings_of_providers(context: Context, provider_ids: Sequence[UUID]) -> list[Rating]:
    """The average of all reviews of each provider's services; `None` before the first."""
    statement = (
        select(
            col(Service.provider_id),
            func.sum(col(Service.rating_total)),
            func.sum(col(Service.review_count)),
        )
        .where(col(Service.provider_id).in_(provider_ids))
        .group_by(col(Service.provider_id))
    )
    async with context.stores.database.read() as session:
        found = await session.execute(statement)
        by_provider = {
            provider_id: Rating(round(total / count, 2) if count else None, count)
            for provider_id, total, count in found
        }
    return [by_provider.get(each, Rating(None, 0)) for each in provider_ids]


async def reviews_of_services(
    context: Context, services: Sequence[ServiceRow], page: Page
) -> list[Slice[ReviewRow]]:
    """Each service's reviews, newest first."""
    listing = Listing(Review, ReviewRow, NEWEST)
    ids = [service.id for service in services]
    return await lists_of_parents(context, listing, "service_id", ids, page, counts=review_counts)


async def review_counts(context: Context, service_ids: Sequence[UUID]) -> list[int]:
    return await counts_by_parent(context.stores.database, Review, "service_id", service_ids)


async def reviews_by_id(context: Context, ids: Sequence[UUID]) -> list[ReviewRow | None]:
    return await rows_by_id(context.stores.database, Review, ReviewRow, ids)


async def services_of_reviews(
    context: Context, reviews: Sequence[ReviewRow]
) -> list[ServiceRow | None]:
    """The service that each review judges."""
    return await context.loader(services_by_id).load_many([review.service_id for review in reviews])
