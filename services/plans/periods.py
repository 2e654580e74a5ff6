"""Periods of plans: how one begins, is renewed, fails to be paid for, and is the last.

All of it happens inside the caller's transaction, under the lock of the person's plan.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from core.database import WriteSession
from core.ids import new_id
from models.tables import (
    PayWith,
    Plan,
    PlanPeriod,
    ProviderName,
    Subscription,
    SubscriptionState,
)
from services.plans.rules import RULES

# Days after the first attempt, which is made when the period is over. Past the last, the plan ends.
ATTEMPT_DAYS = (0, 1, 3, 5, 7)
GRACE = timedelta(days=ATTEMPT_DAYS[-1])
MONTHS_IN_YEAR = 12


@dataclass(frozen=True, slots=True)
class Paid:
    """How a period was paid for: with AZR, or by a payment through a provider.

    One that costs nothing is by agreement.
    """

    plan: Plan
    amount_cents: int
    amount_azr: Decimal | None = None
    payment_id: UUID | None = None
    provider: ProviderName | None = None

    @property
    def pay_with(self) -> PayWith:
        if self.amount_cents == 0:
            return PayWith.AGREEMENT
        return PayWith.AZR if self.payment_id is None else PayWith.CARD


async def locked_subscription(session: WriteSession, user_id: UUID) -> Subscription | None:
    """A person's subscription, under a lock that whoever makes or changes one takes first."""
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"plan {user_id}", 0)))
    )
    return await session.scalar(
        select(Subscription)
        .where(col(Subscription.user_id) == user_id)
        .execution_options(populate_existing=True)
    )


def is_running(subscription: Subscription | None) -> bool:
    """Whether a person has a plan by it."""
    return subscription is not None and subscription.state != SubscriptionState.ENDED


async def begin_period(
    session: WriteSession, *, user_id: UUID, paid: Paid, now: datetime, period_id: UUID
) -> None:
    """A month of a plan from now on.

    What is left of a period that was paid for is added as time: so much of the new plan as its
    price would buy.
    """
    subscription = await locked_subscription(session, user_id)
    month = _month_after(now, now.day) - now
    left = timedelta()
    if subscription is not None and is_running(subscription):
        left = max(subscription.ends_at - now, timedelta())
        worth = RULES[Plan(subscription.plan)].month_cents or 0
        left = left * worth / paid.amount_cents
    ends_at = now + month + left
    subscription = subscription or _subscription(session, user_id, paid, now, ends_at)
    subscription.day_of_month = ends_at.day
    await _set_period(session, subscription, paid, now, ends_at, period_id)


async def grant_period(
    session: WriteSession,
    subscription: Subscription | None,
    *,
    user_id: UUID,
    plan: Plan,
    until: datetime,
    now: datetime,
) -> None:
    """A plan by agreement from now on, which ends at `until`."""
    granted = Paid(plan, 0)
    subscription = subscription or _subscription(session, user_id, granted, now, until)
    await _set_period(session, subscription, granted, now, until, new_id())
    subscription.cancels_at_end = True


async def renew_period(
    session: WriteSession,
    subscription: Subscription,
    *,
    paid: Paid,
    now: datetime,
    period_id: UUID,
) -> None:
    """The month behind the period that is over; from now on, if nobody renewed it for weeks."""
    is_late = now - subscription.ends_at > 2 * GRACE
    starts_at = now if is_late else subscription.ends_at
    ends_at = _month_after(starts_at, subscription.day_of_month)
    await _set_period(session, subscription, paid, starts_at, ends_at, period_id)


def note_failure(subscription: Subscription, *, now: datetime) -> None:
    """A period could not be paid for: it is tried again, and after the last try the plan ends."""
    tried = subscription.failed_attempts + 1
    if tried == len(ATTEMPT_DAYS):
        end_plan(subscription)
        return
    subscription.state = SubscriptionState.PAST_DUE.value
    subscription.failed_attempts = tried
    subscription.due_at = now + timedelta(days=ATTEMPT_DAYS[tried] - ATTEMPT_DAYS[tried - 1])


def end_plan(subscription: Subscription) -> None:
    """The person has the free plan from now on."""
    subscription.state = SubscriptionState.ENDED.value
    _forget_changes(subscription)


async def end_plan_of_payment(session: WriteSession, payment_id: UUID, user_id: UUID) -> None:
    """End a plan whose current period was paid for with money that was taken back."""
    subscription = await locked_subscription(session, user_id)
    if subscription is None or not is_running(subscription):
        return
    period = await session.scalar(
        select(PlanPeriod).where(
            col(PlanPeriod.payment_id) == payment_id,
            col(PlanPeriod.subscription_id) == subscription.id,
            col(PlanPeriod.ends_at) == subscription.ends_at,
        )
    )
    if period is not None:
        end_plan(subscription)


def next_plan(subscription: Subscription) -> Plan:
    """The plan of the period after this one."""
    return Plan(subscription.pending_plan or subscription.plan)


def _subscription(
    session: WriteSession, user_id: UUID, paid: Paid, now: datetime, ends_at: datetime
) -> Subscription:
    """The first of a person."""
    subscription = Subscription(
        user_id=user_id,
        plan=paid.plan,
        pay_with=paid.pay_with,
        state=SubscriptionState.ACTIVE,
        starts_at=now,
        ends_at=ends_at,
        day_of_month=ends_at.day,
        due_at=ends_at,
        created_at=now,
    )
    session.add(subscription)
    return subscription


async def _set_period(
    session: WriteSession,
    subscription: Subscription,
    paid: Paid,
    starts_at: datetime,
    ends_at: datetime,
    period_id: UUID,
) -> None:
    subscription.plan = paid.plan.value
    subscription.pay_with = paid.pay_with.value
    subscription.provider = None if paid.provider is None else paid.provider.value
    subscription.state = SubscriptionState.ACTIVE.value
    subscription.starts_at, subscription.ends_at = starts_at, ends_at
    subscription.due_at = ends_at
    _forget_changes(subscription)
    # The period refers to it.
    await session.flush()
    session.add(
        PlanPeriod(
            id=period_id,
            subscription_id=subscription.id,
            plan=paid.plan.value,
            starts_at=starts_at,
            ends_at=ends_at,
            amount_cents=paid.amount_cents,
            amount_azr=paid.amount_azr,
            payment_id=paid.payment_id,
            created_at=starts_at,
        )
    )


def _forget_changes(subscription: Subscription) -> None:
    """What was asked for about a period that is over."""
    subscription.pending_plan = None
    subscription.cancels_at_end = False
    subscription.failed_attempts = 0


def _month_after(moment: datetime, day: int) -> datetime:
    """The same time on `day` of the next month, or on its last day if it is shorter."""
    year, month = moment.year + moment.month // MONTHS_IN_YEAR, moment.month % MONTHS_IN_YEAR + 1
    return moment.replace(year=year, month=month, day=min(day, monthrange(year, month)[1]))
