"""The catalogue of services on offer: filtered, searched, in every order."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, Text, any_, bindparam, exists
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from core.errors import CodedError
from models.cache import ACTIVE_SERVICES, ACTIVE_SERVICES_KEY, ACTIVE_SERVICES_MAX
from models.rows import Columns, RankedServiceRow, ServiceRow
from models.tables import Service, User
from resolvers.context import Context
from resolvers.keyset import (
    NEWEST,
    Listing,
    Order,
    Page,
    Slice,
    amount_value,
    cut,
    text_value,
)
from resolvers.lists import counter, whole_list
from resolvers.marketplace.queries import IS_ACTIVE
from resolvers.search import forgiving_queries, matches, relevance

RATING_MAX = 5
CATEGORIES_MAX = 50


class ServiceSort(StrEnum):
    """The orders of the catalogue."""

    NEWEST = "newest"
    PRICE_LOW_TO_HIGH = "price_low_to_high"
    PRICE_HIGH_TO_LOW = "price_high_to_low"
    NAME = "name"
    RATING = "rating"
    RELEVANCE = "relevance"


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
BY_RELEVANCE = Order("relevance", (("relevance", amount_value), ("id", UUID)), is_descending=True)


@dataclass(frozen=True, slots=True)
class ServiceFilter:
    """Which services to list. Absent conditions do not filter."""

    categories: tuple[str, ...] | None = None
    price_min_azr: Decimal | None = None
    price_max_azr: Decimal | None = None
    rating_min: float | None = None
    country: str | None = None
    search: str | None = None

    def __post_init__(self) -> None:
        if self.rating_min is not None and not 0 <= self.rating_min <= RATING_MAX:
            message = f"`ratingMin` must be from 0 to {RATING_MAX}."
            raise CodedError(message)
        if self.categories is not None and len(self.categories) > CATEGORIES_MAX:
            message = f"`categories` must have at most {CATEGORIES_MAX} names."
            raise CodedError(message)

    async def parameters(self, context: Context) -> dict[str, Any]:
        """The values of the conditions that filter, by the names of `FILTERS`."""
        rating_min = None if self.rating_min is None else Decimal(str(self.rating_min))
        search = self.search
        if search is not None:
            search = await context.loader(forgiving_queries).load(search)
        categories = self.categories or ()
        pairs = (
            # One has an index in the order of the list.
            ("category", categories[0] if len(categories) == 1 else None),
            ("categories", None if len(categories) == 1 else self.categories),
            ("price_min_azr", self.price_min_azr),
            ("price_max_azr", self.price_max_azr),
            ("rating_min", rating_min),
            ("country", self.country),
            ("search", search),
        )
        return {name: value for name, value in pairs if value is not None}


NO_FILTER = ServiceFilter()
FILTERS: Mapping[str, ColumnElement[bool]] = {
    "category": col(Service.category) == bindparam("category"),
    "categories": col(Service.category) == any_(bindparam("categories", type_=ARRAY(Text()))),
    "price_min_azr": col(Service.price_azr) >= bindparam("price_min_azr", type_=Numeric()),
    "price_max_azr": col(Service.price_azr) <= bindparam("price_max_azr", type_=Numeric()),
    # Without the column's two decimals, to which 4.999 would be rounded.
    "rating_min": col(Service.average_rating) >= bindparam("rating_min", type_=Numeric()),
    "country": exists().where(
        col(User.id) == col(Service.provider_id), col(User.country_code) == bindparam("country")
    ),
    "search": matches(col(Service.search), "search"),
}
CATALOGUES = {
    sort: Listing(Service, ServiceRow, order, where=(IS_ACTIVE,), choices=FILTERS)
    for sort, order in ORDERS.items()
}
FOUND: Listing[ServiceRow] = Listing(
    Service,
    RankedServiceRow,
    BY_RELEVANCE,
    where=(IS_ACTIVE,),
    choices=FILTERS,
    computed={"relevance": relevance(col(Service.search), "search")},
)


async def services_page(
    context: Context,
    page: Page,
    wanted: ServiceFilter,
    sort: ServiceSort | None,
    columns: Columns = None,
) -> Slice[ServiceRow]:
    """Services on offer. The newest hundred are read through `services:active`, whole.

    Without an order, or by relevance where nothing is searched for: what answers best to a search,
    the newest otherwise.
    """
    parameters = await wanted.parameters(context)
    if sort is None or sort is ServiceSort.RELEVANCE:
        if "search" in parameters:
            return await whole_list(context, FOUND, page, parameters, columns)
        sort = ServiceSort.NEWEST
    listing = CATALOGUES[sort]
    is_cached = (
        (wanted, sort) == (NO_FILTER, ServiceSort.NEWEST)
        and (page.after, page.before, page.last) == (None, None, None)
        and page.size < ACTIVE_SERVICES_MAX
    )
    if not is_cached:
        return await whole_list(context, listing, page, parameters, columns)

    async def load() -> tuple[ServiceRow, ...]:
        newest = await whole_list(context, listing, Page(first=ACTIVE_SERVICES_MAX))
        return tuple(newest.rows)

    rows = await context.stores.cache.read(ACTIVE_SERVICES_KEY, ACTIVE_SERVICES, load)
    return cut(rows[: page.size + 1], page, listing.order, counter(context, listing))
