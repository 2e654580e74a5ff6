"""What the clock does with orders that nobody has moved in time."""

from datetime import timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Integer, bindparam, func, select, update
from sqlmodel import col

from core.database import WriteSession
from core.ids import new_id
from core.statements import Statement
from core.stores import Stores
from models.tables import Order, OrderParty
from models.topics import order_topic
from services.ledger import Key, PostingRefused, carry_out
from services.marketplace.orders.commands import Parties
from services.marketplace.orders.states import DEADLINES, transitions
from services.marketplace.orders.steps import database_now, state_of, take

ORDERS_AT_ONCE_MAX = 200
SCOPE = "orders"
# Until an order that the ledger refuses to settle is tried again: the seller's wallet is full.
POSTPONED_FOR = timedelta(hours=1)
IS_OVERDUE = col(Order.deadline_at) <= func.clock_timestamp()
OVERDUE = Statement(
    select(col(Order.id), col(Order.buyer_id), col(Order.seller_id))
    .where(IS_OVERDUE)
    .order_by(col(Order.deadline_at))
    .limit(bindparam("orders_max", type_=Integer()))
)

logger = structlog.get_logger(__name__)


class Overdue(NamedTuple):
    """An order whose deadline is over."""

    id: UUID
    buyer_id: UUID
    seller_id: UUID


async def move_overdue_orders(stores: Stores) -> int:
    """Expire or complete orders whose deadline is over, a bounded number; answers how many.

    Each in a transaction of its own, so that several of these may run at once: an order that
    somebody moves at this moment is left to them.
    """
    found = await stores.database.fetch(OVERDUE, {"orders_max": ORDERS_AT_ONCE_MAX})
    return sum([await _moved(stores, Overdue(*each)) for each in found])


async def _moved(stores: Stores, overdue: Overdue) -> bool:
    parties = Parties(overdue.buyer_id, overdue.seller_id)
    topics = (order_topic(overdue.id), *parties.balance_topics)
    change = partial(stores.change, topics=topics)
    try:
        return await carry_out(stores.database, partial(_move, overdue.id), change=change)
    except PostingRefused as refusal:
        logger.warning("order_not_settled", order_id=str(overdue.id), code=refusal.code)
        async with stores.database.transaction() as session:
            await session.execute(
                update(Order)
                .where(col(Order.id) == overdue.id, IS_OVERDUE)
                .values(deadline_at=database_now() + POSTPONED_FOR)
            )
        return False


async def _move(order_id: UUID, session: WriteSession) -> bool:
    statement = (
        select(Order, database_now())
        .where(col(Order.id) == order_id, IS_OVERDUE)
        .with_for_update(of=Order, skip_locked=True)
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        return False
    order, now = found
    state = state_of(order)
    (transition,) = transitions(DEADLINES[state].action, OrderParty.CLOCK, state)
    # The order's state says what has been done: each attempt has a key of its own, because one
    # that was refused would be refused for ever.
    key = Key(SCOPE, new_id().hex)
    await take(session, order, transition, actor_id=None, now=now, key=key)
    return True
