"""Plans that are paid for with AZR, and changes that cost nothing."""

from functools import partial
from uuid import UUID

from core.database import WriteSession
from core.errors import DomainError
from core.ids import new_id
from core.stores import Stores
from core.validation import Fault, InvalidInput
from models.tables import PayWith, Plan, Subscription
from models.topics import balance_topic
from services.ledger import Key, carry_out, earlier, pay_plan, post
from services.plans.periods import (
    Paid,
    begin_period,
    end_plan,
    is_running,
    locked_subscription,
)
from services.plans.prices import azr_of, posted_price
from services.plans.rules import RULES


class PlanByAgreement(DomainError):
    """The enterprise plan is agreed with people, not bought."""

    code = "PLAN_BY_AGREEMENT"
    field = ("input", "plan")

    def __init__(self) -> None:
        super().__init__("This plan is made by agreement. Write to us.")


class AlreadySubscribed(DomainError):
    """The person has a plan: it is changed, not subscribed to."""

    code = "ALREADY_SUBSCRIBED"

    def __init__(self) -> None:
        super().__init__("You have a plan already. Change it with `changePlan`.")


class NotSubscribed(DomainError):
    """The person has the free plan, of which nothing can be changed."""

    code = "NOT_SUBSCRIBED"

    def __init__(self) -> None:
        super().__init__("You have the free plan. Begin another with `subscribe`.")


def price_of(plan: Plan) -> int:
    """Cents a month. Raises InvalidInput for the free plan, and PlanByAgreement."""
    cents = RULES[plan].month_cents
    if cents is None:
        raise PlanByAgreement
    if cents == 0:
        message = "`plan` must be one that costs something. To leave a plan, use `cancelPlan`."
        raise InvalidInput([Fault("plan", message)])
    return cents


async def begin_with_azr(
    stores: Stores, *, user_id: UUID, plan: Plan, key: Key, is_upgrade: bool
) -> bool:
    """Pay a month of a plan with AZR at the posted price, and begin it; whether it was a replay.

    Raises InvalidInput, PlanByAgreement, AlreadySubscribed or NotSubscribed, NoPricePosted, and
    what `pay_plan` is refused for.
    """
    cents = price_of(plan)

    async def work(session: WriteSession) -> bool:
        if await earlier(session, key) is not None:
            return True
        await require_running(session, user_id, is_wanted=is_upgrade)
        amount_azr, period_id = azr_of(cents, await posted_price(session)), new_id()
        paying = pay_plan(user_id=user_id, amount_azr=amount_azr, period_id=period_id)
        await post(session, paying, key=key)
        paid = Paid(plan, cents, amount_azr=amount_azr)
        now = stores.clock()
        await begin_period(session, user_id=user_id, paid=paid, now=now, period_id=period_id)
        return False

    change = partial(stores.change, topics=[balance_topic(user_id)])
    return await carry_out(stores.database, work, change=change)


async def require_running(session: WriteSession, user_id: UUID, *, is_wanted: bool) -> None:
    """Return if the person has a plan just as wanted. Raises AlreadySubscribed, NotSubscribed."""
    if is_running(await locked_subscription(session, user_id)) != is_wanted:
        raise NotSubscribed if is_wanted else AlreadySubscribed


async def plan_next_period(stores: Stores, *, user_id: UUID, plan: Plan) -> None:
    """Have another plan from the next period on; the present one takes a change back.

    Raises NotSubscribed.
    """
    async with stores.database.transaction() as session:
        subscription = await _running(session, user_id)
        subscription.pending_plan = None if plan == subscription.plan else plan.value
        subscription.cancels_at_end = False


async def cancel_plan(stores: Stores, *, user_id: UUID) -> None:
    """Let a plan end with its period; at once, if the period is over and nobody paid for the next.

    Raises NotSubscribed.
    """
    async with stores.database.transaction() as session:
        subscription = await _running(session, user_id)
        if subscription.ends_at <= stores.clock():
            end_plan(subscription)
        else:
            subscription.cancels_at_end = True
            subscription.pending_plan = None


async def resume_plan(stores: Stores, *, user_id: UUID) -> None:
    """Keep a plan that was to end or to change with its period.

    Raises NotSubscribed, and PlanByAgreement for one that nobody pays for.
    """
    async with stores.database.transaction() as session:
        subscription = await _running(session, user_id)
        if subscription.pay_with == PayWith.AGREEMENT:
            raise PlanByAgreement
        subscription.cancels_at_end = False
        subscription.pending_plan = None


async def _running(session: WriteSession, user_id: UUID) -> Subscription:
    subscription = await locked_subscription(session, user_id)
    if subscription is None or not is_running(subscription):
        raise NotSubscribed
    return subscription
