"""Plans by agreement: an admin grants one until a date, and the clock ends it."""

from datetime import datetime
from uuid import UUID

from core.errors import DomainError
from core.stores import Stores
from core.validation import Checks
from models.tables import PayWith, Plan, Subscription, User
from services.audit import REASON_LENGTH_MAX, Actor, record, require_admin
from services.plans.periods import grant_period, is_running, locked_subscription

PLANS = tuple(Plan)
"""The cheapest first."""


class PersonNotFound(DomainError):
    """No person has this id."""

    code = "PERSON_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such person.", field=("input", "userId"))


async def grant_plan(
    stores: Stores, actor: Actor, *, user_id: UUID, plan: Plan, until: datetime, reason: str
) -> None:
    """Let a person have a plan until a date, or until another one than was granted before.

    Nobody loses what they have paid for: while such a period lasts, what is granted is no less and
    ends no earlier. Raises InvalidInput, PersonNotFound, and CodedError `FORBIDDEN`.
    """
    now, checks = stores.clock(), Checks()
    why = checks.text("reason", reason, length_max=REASON_LENGTH_MAX)
    if plan is Plan.FREE:
        checks.refuse("plan", "`plan` must be another than the free one, which everybody has.")
    if until <= now:
        checks.refuse("until", "`until` must be in the future.")
    checks.done()
    async with stores.database.transaction() as session:
        await require_admin(session, actor)
        if await session.get(User, user_id) is None:
            raise PersonNotFound
        subscription = await locked_subscription(session, user_id)
        if subscription is not None and is_running(subscription):
            _check_no_loss(checks, subscription, plan, until)
        await grant_period(session, subscription, user_id=user_id, plan=plan, until=until, now=now)
        await record(
            session,
            actor,
            "plan_granted",
            subject_kind="usr",
            subject_id=user_id,
            plan=plan,
            until=until.isoformat(),
            reason=why,
        )


def _check_no_loss(checks: Checks, subscription: Subscription, plan: Plan, until: datetime) -> None:
    if subscription.pay_with == PayWith.AGREEMENT:
        return
    if PLANS.index(plan) < PLANS.index(Plan(subscription.plan)):
        checks.refuse(
            "plan", f"`plan` must be no less than `{subscription.plan}`, which is paid for."
        )
    if until < subscription.ends_at:
        paid_until = f"{subscription.ends_at:%Y-%m-%dT%H:%M:%SZ}"
        checks.refuse("until", f"`until` must be no earlier than what they paid for: {paid_until}.")
    checks.done()
