"""How many services on offer each choice of a filter would leave.

A facet counts without its own condition: who has chosen one category sees what others have.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Numeric, Select, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from core.statements import Records, Statement
from models.tables import Service, User
from resolvers.context import Context
from resolvers.marketplace.catalogue import FILTERS, ServiceFilter
from resolvers.marketplace.queries import IS_ACTIVE

# Each band of prices begins with one of these, in AZR.
PRICE_BANDS_AZR = tuple(map(Decimal, (0, 10, 50, 100, 500, 1000)))
RATINGS = (4, 3, 2, 1)
FACET_VALUES_MAX = 50
STATEMENTS_MAX = 256


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Services from one price up to another, which is not included; `None` has no end."""

    from_azr: Decimal
    below_azr: Decimal | None
    count: int


async def category_counts(context: Context, wanted: ServiceFilter) -> Sequence[tuple[str, int]]:
    """Services of each category, most first."""
    return await _counted(context, replace(wanted, categories=None), _by_category)


async def country_counts(context: Context, wanted: ServiceFilter) -> Sequence[tuple[str, int]]:
    """Services of the providers of each country, most first."""
    return await _counted(context, replace(wanted, country=None), _by_country)


async def rating_counts(context: Context, wanted: ServiceFilter) -> list[tuple[int, int]]:
    """Services with at least each rating."""
    found = await _counted(context, replace(wanted, rating_min=None), _by_rating)
    return list(zip(RATINGS, found[0], strict=True))


async def price_counts(context: Context, wanted: ServiceFilter) -> list[PriceBand]:
    """Services in each band of prices, empty ones too."""
    free = replace(wanted, price_min_azr=None, price_max_azr=None)
    counts = dict(await _counted(context, free, _by_price))
    ends = (*PRICE_BANDS_AZR[1:], None)
    return [
        PriceBand(begin, end, counts.get(place, 0))
        for place, (begin, end) in enumerate(zip(PRICE_BANDS_AZR, ends, strict=True), start=1)
    ]


Shape = Callable[[], Select[*tuple[Any, ...]]]


async def _counted(context: Context, wanted: ServiceFilter, shape: Shape) -> Sequence[Any]:
    parameters = await wanted.parameters(context)
    statement = _statement(shape, tuple(parameters))
    return await context.stores.database.fetch(statement, parameters)


@lru_cache(STATEMENTS_MAX)
def _statement(shape: Shape, chosen: tuple[str, ...]) -> Statement[Records]:
    return Statement(shape().where(IS_ACTIVE, *(FILTERS[name] for name in chosen)))


def _by_category() -> Select[*tuple[Any, ...]]:
    return _most_first(col(Service.category)).where(col(Service.category).is_not(None))


def _by_country() -> Select[*tuple[Any, ...]]:
    owner = col(User.id) == col(Service.provider_id)
    return (
        _most_first(col(User.country_code))
        .join(User, owner)
        .where(col(User.country_code).is_not(None))
    )


def _by_rating() -> Select[*tuple[Any, ...]]:
    rating = col(Service.average_rating)
    return select(*(func.count().filter(rating >= each) for each in RATINGS)).select_from(Service)


def _by_price() -> Select[*tuple[Any, ...]]:
    bounds = literal(list(PRICE_BANDS_AZR), ARRAY(Numeric()))
    band = func.width_bucket(col(Service.price_azr), bounds)
    return select(band, func.count()).where(col(Service.price_azr).is_not(None)).group_by(band)


def _most_first(value: Any) -> Select[*tuple[Any, ...]]:
    number = func.count()
    return (
        select(value, number)
        .select_from(Service)
        .group_by(value)
        .order_by(number.desc(), value)
        .limit(FACET_VALUES_MAX)
    )
