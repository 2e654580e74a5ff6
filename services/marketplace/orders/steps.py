"""Takes an order from state to state, inside the caller's transaction.

The order's row is locked before anything is decided on it, and before the ledger's accounts.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import TIMESTAMP, ColumnElement, func, insert, select
from sqlmodel import col

from core.database import WriteSession
from core.ids import new_id
from core.money import share_azr
from core.validation import Checks, InvalidInput
from models.tables import Order, OrderEvent, OrderState, OutboxMessage, PostingKind
from services.ledger import (
    InvalidKey,
    Key,
    Recipe,
    commission_of,
    open_escrow,
    post,
    refund_escrow,
    refund_released,
    release_escrow,
    settle_escrow,
)
from services.marketplace.orders.states import DEADLINES, PAYING_OUT, Transition

UPDATED_TOPIC = "order.updated"
NOTHING = Decimal(0)


def database_now() -> ColumnElement[datetime]:
    """The database's time, to the millisecond. It alone decides what is overdue."""
    moment = func.clock_timestamp(type_=TIMESTAMP(timezone=True))
    return func.date_trunc("milliseconds", moment, type_=TIMESTAMP(timezone=True))


async def lock_order(session: WriteSession, order_id: UUID) -> tuple[Order, datetime]:
    """An order that exists, locked until the transaction ends, and the database's time."""
    statement = select(Order, database_now()).where(col(Order.id) == order_id)
    order, now = (await session.execute(statement.with_for_update(of=Order))).one()
    return order, now


def checked_key(
    checks: Checks, user_id: UUID, command: str, value: str, asked: Mapping[str, Any]
) -> Key:
    """The key of a request whose input is right. Raises InvalidInput with every fault."""
    try:
        key = Key.of(user_id, command, value, asked)
    except InvalidKey as invalid:
        raise InvalidInput([*checks.faults, *invalid.faults]) from None
    checks.done()
    return key


async def take(
    session: WriteSession,
    order: Order,
    *path: Transition,
    actor_id: UUID | None,
    now: datetime,
    key: Key | None = None,
    refund_azr: Decimal = NOTHING,
    note: str = "",
) -> None:
    """Take an order along transitions, of which at most one posts, under `key`.

    A settlement and a refund after release give `refund_azr` back. The order comes into its last
    state with that one's deadline, each transition into the history and the outbox. Raises
    PostingRefused.
    """
    for transition in path:
        if transition.posts is not None and key is not None:
            await _post(session, order, transition.posts, refund_azr, actor_id, key)
            _share_out(order, transition.posts, refund_azr)
            if transition.posts in PAYING_OUT:
                order.paid_out_at = now
    state = path[-1].to_state
    deadline = DEADLINES.get(state)
    first = order.version + 1
    order.state, order.version, order.updated_at = state.value, order.version + len(path), now
    order.deadline_at = None if deadline is None else now + deadline.after
    session.add(order)
    # Its events refer to the order.
    await session.flush()
    events = [
        OrderEvent(
            id=new_id(),
            order_id=order.id,
            position=position,
            action=transition.action.value,
            party=transition.party.value,
            actor_id=actor_id,
            from_state=transition.from_state,
            to_state=transition.to_state.value,
            refunded_azr=_refunded(order, transition.posts, refund_azr),
            note=note,
            created_at=now,
        )
        for position, transition in enumerate(path, start=first)
    ]
    session.add_all(events)
    await session.execute(insert(OutboxMessage).values([_message(each) for each in events]))


def _message(event: OrderEvent) -> dict[str, Any]:
    """The row of the outbox that tells of an event."""
    payload = {
        "order_id": str(event.order_id),
        "state": event.to_state,
        "sequence": event.position,
    }
    return {"topic": UPDATED_TOPIC, "subject_id": event.id, "payload": payload}


async def _post(
    session: WriteSession,
    order: Order,
    kind: PostingKind,
    refund_azr: Decimal,
    actor_id: UUID | None,
    key: Key,
) -> None:
    if kind is PostingKind.REFUND_RELEASED:
        await refund_released(
            session, order_id=order.id, amount_azr=refund_azr, actor_id=actor_id, key=key
        )
    else:
        await post(session, _recipe(order, kind, refund_azr, actor_id), key=key)


def _recipe(order: Order, kind: PostingKind, refund_azr: Decimal, actor_id: UUID | None) -> Recipe:
    sale: dict[str, Any] = {
        "order_id": order.id,
        "buyer_id": order.buyer_id,
        "seller_id": order.seller_id,
        "price_azr": order.price_azr,
    }
    match kind:
        case PostingKind.PURCHASE:
            return open_escrow(**sale)
        case PostingKind.RELEASE:
            return release_escrow(**sale, actor_id=actor_id)
        case PostingKind.SETTLEMENT:
            return settle_escrow(**sale, refund_azr=refund_azr, actor_id=actor_id)
        case _:
            return refund_escrow(**sale, actor_id=actor_id)


def _refunded(order: Order, kind: PostingKind | None, refund_azr: Decimal) -> Decimal:
    """What a posting gives back to the buyer."""
    return order.price_azr if kind is PostingKind.REFUND else refund_azr


def _share_out(order: Order, kind: PostingKind, refund_azr: Decimal) -> None:
    """Say of the order who has its price after a posting, by the ledger's own rules."""
    order.refunded_azr += _refunded(order, kind, refund_azr)
    left = order.price_azr - order.refunded_azr
    if kind is PostingKind.REFUND_RELEASED:
        whole = commission_of(order.price_azr)
        returned = share_azr(whole, order.refunded_azr, total=order.price_azr)
        order.commission_azr = whole - returned
    else:
        order.commission_azr = commission_of(left)


def state_of(order: Order) -> OrderState:
    """Where an order is."""
    return OrderState(order.state)
