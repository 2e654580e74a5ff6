"""The posted price of AZR: the last one, all of them, and live."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TIMESTAMP, ColumnElement, bindparam, select
from sqlmodel import col

from core.statements import Statement
from models.cache import TOKEN_PRICE, TOKEN_PRICE_KEY
from models.rows import TokenPriceRow
from models.tables import TokenPrice
from models.topics import PRICE_TOPIC
from resolvers.context import Context
from resolvers.keyset import Listing, Order, Page, Slice, row_columns, time_value
from resolvers.lists import whole_list
from resolvers.live import each_change

PRICE_INTERVAL_SECONDS = 1.0
LAST_PRICE = Statement(
    select(*row_columns(TokenPrice, TokenPriceRow))
    .order_by(col(TokenPrice.posted_at).desc(), col(TokenPrice.id).desc())
    .limit(1)
)
NEWEST_PRICE = Order("price", (("posted_at", time_value), ("id", UUID)), is_descending=True)
_MOMENT = TIMESTAMP(timezone=True)
CHOICES: Mapping[str, ColumnElement[bool]] = {
    "since": col(TokenPrice.posted_at) >= bindparam("since", type_=_MOMENT),
    "until": col(TokenPrice.posted_at) < bindparam("until", type_=_MOMENT),
}
PRICES = Listing(TokenPrice, TokenPriceRow, NEWEST_PRICE, choices=CHOICES)


@dataclass(frozen=True, slots=True)
class PriceSpan:
    """Which prices to list: those posted since a moment and before another one."""

    since: datetime | None = None
    until: datetime | None = None

    def parameters(self) -> dict[str, Any]:
        """The values of the conditions that filter, by the names of `CHOICES`."""
        pairs = (("since", self.since), ("until", self.until))
        return {name: value for name, value in pairs if value is not None}


async def token_price(context: Context) -> TokenPriceRow | None:
    """The last posted price, read through `token:azr:price`; `None` before the first."""

    async def load() -> TokenPriceRow | None:
        found = await context.stores.database.fetch(LAST_PRICE)
        return TokenPriceRow(*found[0]) if found else None

    return await context.stores.cache.read(TOKEN_PRICE_KEY, TOKEN_PRICE, load)


async def prices_page(context: Context, page: Page, wanted: PriceSpan) -> Slice[TokenPriceRow]:
    """Posted prices, newest first."""
    return await whole_list(context, PRICES, page, wanted.parameters())


def token_price_stream(context: Context) -> AsyncGenerator[TokenPriceRow | None, None]:
    """The last price at once, then each that is posted, at most one a second."""
    return each_change(
        context,
        PRICE_TOPIC,
        lambda: token_price(context),
        interval_seconds=PRICE_INTERVAL_SECONDS,
    )
