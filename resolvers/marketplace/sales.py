"""What sellers have sold: earnings, orders and payouts."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import TIMESTAMP, Date, bindparam, cast, func, select, text
from sqlmodel import col

from core.clock import start_of_day
from core.statements import Records, Statement, is_among
from models.rows import Columns, OrderRow
from models.tables import Order
from resolvers.context import Context
from resolvers.keyset import Listing, Order as ListOrder, Page, Slice, time_value
from resolvers.lists import lists_of_parents
from resolvers.rows import CountsByParent

MONTHS = 12
IS_PAID_OUT = col(Order.paid_out_at).is_not(None)
LAST_PAID_OUT = ListOrder("payout", (("paid_out_at", time_value), ("id", UUID)), is_descending=True)
PAYOUTS = Listing(Order, OrderRow, LAST_PAID_OUT, where=(IS_PAID_OUT,))
PAYOUT_COUNTS = CountsByParent(Order, "seller_id", where=(IS_PAID_OUT,))
STATES = Statement(
    select(col(Order.seller_id), col(Order.state), func.count())
    .where(is_among(col(Order.seller_id), "ids"))
    .group_by(col(Order.seller_id), col(Order.state))
    .order_by(col(Order.seller_id), col(Order.state))
)


class MonthEarned(NamedTuple):
    """What one seller was paid in one month (UTC), less what was refunded of it since."""

    month: date
    earned_azr: Decimal
    orders: int


class StateCount(NamedTuple):
    """How many orders are in one state."""

    state: str
    orders: int


def _earnings() -> Statement[Records]:
    zone = func.timezone(text("'UTC'"), col(Order.paid_out_at))
    month = cast(func.date_trunc("month", zone), Date()).label("month")
    earned = col(Order.price_azr) - col(Order.commission_azr) - col(Order.refunded_azr)
    return Statement(
        select(col(Order.seller_id), month, func.sum(earned), func.count())
        .where(
            is_among(col(Order.seller_id), "ids"),
            IS_PAID_OUT,
            col(Order.paid_out_at) >= bindparam("since", type_=TIMESTAMP(timezone=True)),
        )
        .group_by(col(Order.seller_id), month)
        .order_by(col(Order.seller_id), month.desc())
    )


EARNINGS = _earnings()


async def earnings_of_sellers(
    context: Context, seller_ids: Sequence[UUID]
) -> list[list[MonthEarned]]:
    """What each was paid in this month and the eleven before it, newest first.

    Months in which there was nothing are left out.
    """
    since = _months_ago(context.stores.clock(), MONTHS - 1)
    by_seller: dict[UUID, list[MonthEarned]] = {}
    for seller_id, *earned in await context.stores.database.fetch(
        EARNINGS, {"ids": seller_ids, "since": since}
    ):
        by_seller.setdefault(seller_id, []).append(MonthEarned(*earned))
    return [by_seller.get(each, []) for each in seller_ids]


async def states_of_sellers(context: Context, seller_ids: Sequence[UUID]) -> list[list[StateCount]]:
    """How many orders of each seller are in which state, of the states that there are."""
    by_seller: dict[UUID, list[StateCount]] = {}
    for seller_id, *counted in await context.stores.database.fetch(STATES, {"ids": seller_ids}):
        by_seller.setdefault(seller_id, []).append(StateCount(*counted))
    return [by_seller.get(each, []) for each in seller_ids]


async def payouts_of_sellers(
    context: Context, seller_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[OrderRow]]:
    """The orders that each seller was paid for, newest first."""
    return await lists_of_parents(
        context, PAYOUTS, "seller_id", seller_ids, page, columns, counts=payout_counts
    )


async def payout_counts(context: Context, seller_ids: Sequence[UUID]) -> list[int]:
    return await PAYOUT_COUNTS.read(context.stores.database, seller_ids)


def _months_ago(now: datetime, months: int) -> datetime:
    """The beginning of the month that was so many months before."""
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return start_of_day(now).replace(year=years, month=month + 1, day=1)
