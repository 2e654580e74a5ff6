"""The one table of what each plan costs and allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlmodel import col, select

from core.database import ReadSession, WriteSession
from models.tables import Plan, Subscription, SubscriptionState


@dataclass(frozen=True, slots=True)
class PlanRules:
    """What a plan costs a month, in cents of US dollars, and what it allows.

    A plan by agreement has no price. Days are those of UTC.
    """

    plan: Plan
    month_cents: int | None
    transfer_day_max_azr: Decimal
    ai_day_tokens: int
    listings_max: int


RULES: Mapping[Plan, PlanRules] = {
    rules.plan: rules
    for rules in (
        # Plan, cents a month, AZR sent a day, AI tokens a day, listings on offer.
        PlanRules(Plan.FREE, 0, Decimal(1_000), 1_000, 10),
        PlanRules(Plan.STUDENT, 500, Decimal(5_000), 10_000, 25),
        PlanRules(Plan.PROFESSIONAL, 2_000, Decimal(50_000), 50_000, 200),
        PlanRules(Plan.ENTERPRISE, None, Decimal(1_000_000), 500_000, 2_000),
    )
}


async def plan_of(session: ReadSession | WriteSession, user_id: UUID) -> PlanRules:
    """The rules of the plan that a person has; those of the free one, if of no other.

    A plan is had until the clock's command ends it, not until its period is over: payments may be
    retried, and a worker that is away takes nothing from anybody.
    """
    plan = await session.scalar(
        select(Subscription.plan).where(
            col(Subscription.user_id) == user_id,
            col(Subscription.state) != SubscriptionState.ENDED.value,
        )
    )
    return RULES[Plan.FREE if plan is None else Plan(plan)]
