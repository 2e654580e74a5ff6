"""Plans as people ask for them: begun and changed, with AZR or by card."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.database import WriteSession
from core.stores import Stores
from core.validation import Checks
from models.tables import Payment, PaymentPurpose, PayWith, Plan, ProviderName
from services.ledger import Key, earlier
from services.payments.charging import charge_kept_card
from services.payments.checkouts import begin_payment, open_checkout, payment_of_key
from services.payments.providers import Providers, check_provider
from services.plans.periods import is_running, locked_subscription
from services.plans.subscriptions import (
    NotSubscribed,
    PlanByAgreement,
    begin_with_azr,
    plan_next_period,
    price_of,
    require_running,
)


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """What a person asked for is done, or waits for the payment `payment_id`."""

    is_replay: bool
    payment_id: UUID | None = None


async def subscribe(
    stores: Stores,
    providers: Providers,
    *,
    user_id: UUID,
    plan: Plan,
    pay_with: PayWith,
    provider: ProviderName | None,
    idempotency_key: str,
) -> PlanChanged:
    """Begin a plan: at once with AZR, by card as soon as its checkout is paid.

    Raises InvalidInput, PlanByAgreement, AlreadySubscribed, NoPricePosted, AccountGone, what
    `pay_plan` is refused for, PaymentRefused, PaymentProviderUnavailable.
    """
    asked = {"plan": plan, "payWith": pay_with, "provider": provider}
    key = Key.of(user_id, "subscribe", idempotency_key, asked)
    cents = price_of(plan)
    checks = Checks()
    if pay_with is PayWith.AGREEMENT:
        checks.refuse("payWith", "`payWith` must be `CARD` or `AZR`.")
    elif pay_with is PayWith.CARD:
        check_provider(checks, providers, provider)
    elif provider is not None:
        checks.refuse("provider", "`provider` is for cards: leave it out to pay with AZR.")
    checks.done()
    if provider is None:
        is_replay = await begin_with_azr(
            stores, user_id=user_id, plan=plan, key=key, is_upgrade=False
        )
        return PlanChanged(is_replay)

    async def draft(session: WriteSession) -> Payment:
        await require_running(session, user_id, is_wanted=False)
        return _payment_for(user_id, plan, cents, provider, stores.clock())

    begun = await open_checkout(stores, providers[provider], user_id=user_id, key=key, draft=draft)
    return PlanChanged(begun.is_replay, begun.payment.id)


async def change_plan(
    stores: Stores,
    providers: Providers,
    *,
    user_id: UUID,
    plan: Plan,
    idempotency_key: str,
) -> PlanChanged:
    """Have a dearer plan at once, for a month's price; a cheaper one from the next period on.

    It is paid for as the present plan is. Raises what `subscribe` does, and NotSubscribed.
    """
    key = Key.of(user_id, "changePlan", idempotency_key, {"plan": plan})
    cents = price_of(plan)
    async with stores.database.transaction() as session:
        if await earlier(session, key) is not None:
            return PlanChanged(is_replay=True)
        known = await payment_of_key(session, user_id, key)
        subscription = await locked_subscription(session, user_id)
    if known is None:
        if subscription is None or not is_running(subscription):
            raise NotSubscribed
        if subscription.pay_with == PayWith.AGREEMENT:
            raise PlanByAgreement
        if cents <= price_of(Plan(subscription.plan)):
            await plan_next_period(stores, user_id=user_id, plan=plan)
            return PlanChanged(is_replay=False)
        if subscription.provider is None:
            upgraded = begin_with_azr(stores, user_id=user_id, plan=plan, key=key, is_upgrade=True)
            return PlanChanged(await upgraded)
        provider = ProviderName(subscription.provider)
    else:
        provider = ProviderName(known.provider)

    async def draft(session: WriteSession) -> Payment:
        await require_running(session, user_id, is_wanted=True)
        return _payment_for(user_id, plan, cents, provider, stores.clock())

    begun = await begin_payment(stores, user_id=user_id, key=key, draft=draft)
    await charge_kept_card(stores, providers, begun)
    return PlanChanged(begun.is_replay, begun.payment.id)


def _payment_for(
    user_id: UUID, plan: Plan, cents: int, provider: ProviderName, now: datetime
) -> Payment:
    return Payment(
        user_id=user_id,
        purpose=PaymentPurpose.PLAN,
        provider=provider,
        amount_cents=cents,
        plan=plan,
        created_at=now,
        checked_at=now,
    )
