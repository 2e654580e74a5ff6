"""What providers tell, stored once and applied once, in whatever order it comes.

An event that is too early, such as a refund of a payment that is not known to be paid, waits.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from core.database import ReadSession, WriteSession
from core.ids import new_id
from core.jobs import queue
from core.stores import Stores
from models.jobs import Job
from models.tables import EventKind, EventOutcome, Payment, PaymentEvent, ProviderName
from models.topics import balance_topic
from services.ledger import PostingRefused, carry_out
from services.payments.provider import Told
from services.payments.returns import give_money_back, settle, take_back_money
from services.payments.settlement import fail_payment, pay_payment
from services.tokens.news import movement

SWEPT_AT_ONCE_MAX = 100
# Waits of a minute, two, four and so on: three days in all.
ATTEMPTS_MAX = 12
FIRST_WAIT = timedelta(minutes=1)

Apply = Callable[[WriteSession, PaymentEvent, Payment, datetime], Awaitable[EventOutcome | None]]
APPLIES: Mapping[EventKind, Apply] = {
    EventKind.PAID: pay_payment,
    EventKind.FAILED: fail_payment,
    EventKind.REFUNDED: take_back_money,
    EventKind.DISPUTED: take_back_money,
    EventKind.REFUND_FAILED: give_money_back,
    EventKind.DISPUTE_WON: give_money_back,
    EventKind.DISPUTE_LOST: settle,
}

logger = structlog.get_logger(__name__)


async def receive_event(stores: Stores, provider: ProviderName, told: Told) -> UUID | None:
    """Store what a provider told, and have a worker apply it.

    Answers with the event's id, or with `None` if it is known already.
    """
    now = stores.clock()
    event = PaymentEvent(
        id=new_id(),
        provider=provider,
        event_id=told.event_id,
        kind=told.kind,
        payment_id=told.payment_id,
        charge_reference=told.charge_reference,
        return_reference=told.return_reference,
        amount_cents=told.amount_cents,
        currency=told.currency,
        customer=None if told.card is None else told.card.customer,
        method=None if told.card is None else told.card.method,
        created_at=now,
        due_at=now,
    )
    async with stores.database.transaction() as session:
        event_id = await session.scalar(
            insert(PaymentEvent)
            .values(event.model_dump())
            .on_conflict_do_nothing(constraint="uq_payment_events_event")
            .returning(col(PaymentEvent.id))
        )
        if event_id is not None:
            await queue(session, Job.APPLY_PAYMENT_EVENT, {"event_id": str(event_id)})
    return event_id


async def receive_and_apply(stores: Stores, provider: ProviderName, told: Told) -> None:
    """Store what a provider told and apply it at once: somebody waits for its effect."""
    event_id = await receive_event(stores, provider, told)
    if event_id is not None:
        await apply_payment_event(stores, event_id)


async def apply_payment_event(stores: Stores, event_id: UUID) -> None:
    """Let an event have its effect, once. One that is too early, or cannot be posted, waits."""
    async with stores.database.read() as session:
        event = await session.get(PaymentEvent, event_id)
        payment = None if event is None else await _payment_of(session, event)
    topics = [] if payment is None else [balance_topic(payment.user_id)]
    try:
        await carry_out(
            stores.database,
            partial(_apply, event_id=event_id, now=stores.clock()),
            change=movement(stores, topics),
        )
    except PostingRefused as refusal:
        logger.warning("payment_event_refused", eventId=str(event_id), code=refusal.code)
        async with stores.database.transaction() as session:
            waiting = await session.get(PaymentEvent, event_id, with_for_update=True)
            if waiting is not None and waiting.outcome is None:
                _postpone(waiting, stores.clock())


async def apply_waiting_events(stores: Stores) -> int:
    """Apply events that wait and are due, some at once. Answers how many were tried."""
    async with stores.database.read() as session:
        due = await session.scalars(
            select(PaymentEvent.id)
            .where(
                col(PaymentEvent.outcome).is_(None),
                col(PaymentEvent.due_at) <= stores.clock(),
            )
            .order_by(col(PaymentEvent.due_at))
            .limit(SWEPT_AT_ONCE_MAX)
        )
        ids = list(due)
    for event_id in ids:
        await apply_payment_event(stores, event_id)
    return len(ids)


async def _apply(session: WriteSession, *, event_id: UUID, now: datetime) -> None:
    event = await session.get(PaymentEvent, event_id, with_for_update=True)
    if event is None or event.outcome is not None:
        return
    found = await _payment_of(session, event)
    outcome = None
    if found is not None:
        payment = await session.get_one(
            Payment, found.id, with_for_update=True, populate_existing=True
        )
        outcome = await APPLIES[EventKind(event.kind)](session, event, payment, now)
    if outcome is None:
        _postpone(event, now)
        return
    event.outcome = outcome.value
    if outcome is EventOutcome.REFUSED:
        logger.error("payment_event_contradicts", eventId=str(event_id), kind=event.kind)


async def _payment_of(session: ReadSession | WriteSession, event: PaymentEvent) -> Payment | None:
    """The payment that an event is about, of the provider that told it."""
    if event.payment_id is not None:
        is_it = col(Payment.id) == event.payment_id
    elif event.charge_reference is not None:
        is_it = col(Payment.charge_reference) == event.charge_reference
    else:
        return None
    return await session.scalar(
        select(Payment).where(col(Payment.provider) == event.provider, is_it)
    )


def _postpone(event: PaymentEvent, now: datetime) -> None:
    event.attempts += 1
    event.due_at = now + FIRST_WAIT * 2 ** (event.attempts - 1)
    if event.attempts == ATTEMPTS_MAX:
        event.outcome = EventOutcome.REFUSED.value
        logger.error("payment_event_given_up", eventId=str(event.id), kind=event.kind)
