"""Pays for the next periods of plans, when the clock says so. Safe to run twice at once.

Past due plans are tried again for a week, then they end (`services.plans.periods`).
"""

from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from sqlmodel import col, select

from core.database import WriteSession
from core.ids import new_id
from core.stores import Stores
from models.tables import (
    Payment,
    PaymentPurpose,
    PayWith,
    ProviderName,
    Subscription,
    SubscriptionState,
    User,
)
from models.topics import balance_topic
from services.ledger import Key, PostingRefused, carry_out, pay_plan, post
from services.payments.charging import charge_kept_card
from services.payments.checkouts import Begun
from services.payments.provider import PaymentProviderUnavailable, PaymentRefused
from services.payments.providers import Providers
from services.plans.periods import (
    Paid,
    end_plan,
    is_running,
    locked_subscription,
    next_plan,
    note_failure,
    renew_period,
)
from services.plans.prices import NoPricePosted, azr_of, posted_price
from services.plans.subscriptions import price_of

RENEWED_AT_ONCE_MAX = 100

logger = structlog.get_logger(__name__)


async def renew_plans(stores: Stores, providers: Providers) -> int:
    """Renew, retry or end the plans that are due, some at once. Answers how many were due."""
    async with stores.database.read() as session:
        due = await session.execute(
            select(Subscription.user_id, Subscription.pay_with)
            .where(
                col(Subscription.state) != SubscriptionState.ENDED.value,
                col(Subscription.due_at) <= stores.clock(),
            )
            .order_by(col(Subscription.due_at))
            .limit(RENEWED_AT_ONCE_MAX)
        )
        people = list(due)
    for user_id, pay_with in people:
        try:
            if pay_with == PayWith.AZR:
                await _renew_with_azr(stores, user_id)
            else:
                await _renew_by_card(stores, providers, user_id)
        except Exception:
            # One person's trouble is not the next one's.
            logger.exception("renewal_failed", userId=str(user_id))
    return len(people)


async def _renew_with_azr(stores: Stores, user_id: UUID) -> None:
    """Pay at the price that is posted now, or note that it could not be paid."""
    now = stores.clock()

    async def work(session: WriteSession) -> None:
        subscription = await _due(session, user_id, now)
        if subscription is None:
            return
        plan = next_plan(subscription)
        cents, period_id = price_of(plan), new_id()
        amount_azr = azr_of(cents, await posted_price(session))
        number = f"{subscription.ends_at:%Y%m%d%H%M}-{subscription.failed_attempts}"
        key = Key("plans", f"{subscription.id.hex}-{number}")
        await post(
            session, pay_plan(user_id=user_id, amount_azr=amount_azr, period_id=period_id), key=key
        )
        paid = Paid(plan, cents, amount_azr=amount_azr)
        await renew_period(session, subscription, paid=paid, now=now, period_id=period_id)

    change = partial(stores.change, topics=[balance_topic(user_id)])
    try:
        await carry_out(stores.database, work, change=change)
    except (PostingRefused, NoPricePosted) as refusal:
        await _note_failure(stores, user_id, refusal, now)


async def _renew_by_card(stores: Stores, providers: Providers, user_id: UUID) -> None:
    """Charge the card that is kept, and let the answer have its effect.

    While the provider does not answer, the same payment is asked for again.
    """
    now = stores.clock()
    async with stores.database.transaction() as session:
        subscription = await _due(session, user_id, now)
        begun = None if subscription is None else await _begun(session, subscription, now)
    if begun is None:
        return
    try:
        await charge_kept_card(stores, providers, begun)
    except PaymentProviderUnavailable:
        logger.warning("renewal_waits", userId=str(user_id))
    except PaymentRefused:
        logger.info("renewal_refused", userId=str(user_id))


async def _due(session: WriteSession, user_id: UUID, now: datetime) -> Subscription | None:
    """A subscription that is due still, locked; one that was cancelled is ended here."""
    subscription = await locked_subscription(session, user_id)
    if subscription is None or not is_running(subscription) or subscription.due_at > now:
        return None
    if subscription.cancels_at_end:
        end_plan(subscription)
        return None
    return subscription


async def _begun(session: WriteSession, subscription: Subscription, now: datetime) -> Begun:
    """The payment of this try, written if nobody has."""
    user = await session.get_one(User, subscription.user_id)
    attempt = subscription.failed_attempts
    known = await session.scalar(
        select(Payment).where(
            col(Payment.user_id) == user.id,
            col(Payment.renews_from) == subscription.ends_at,
            col(Payment.attempt) == attempt,
        )
    )
    if known is not None:
        return Begun(known, user.email, is_replay=True)
    plan = next_plan(subscription)
    payment = Payment(
        user_id=user.id,
        purpose=PaymentPurpose.PLAN,
        provider=ProviderName(subscription.provider or ""),
        amount_cents=price_of(plan),
        plan=plan,
        renews_from=subscription.ends_at,
        attempt=attempt,
        created_at=now,
        checked_at=now,
    )
    session.add(payment)
    return Begun(payment, user.email, is_replay=False)


async def _note_failure(
    stores: Stores, user_id: UUID, refusal: PostingRefused | NoPricePosted, now: datetime
) -> None:
    logger.info("renewal_refused", userId=str(user_id), code=refusal.code)
    async with stores.database.transaction() as session:
        subscription = await _due(session, user_id, now)
        if subscription is not None:
            note_failure(subscription, now=now)
