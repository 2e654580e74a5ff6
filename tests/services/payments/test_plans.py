"""Plans: begun, changed, left, renewed and lost, paid for with AZR and by card."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.validation import InvalidInput
from models.tables import (
    Payment,
    PaymentMethod,
    PayWith,
    Plan,
    PlanPeriod,
    ProviderName,
    Subscription,
)
from services.ledger import IdempotencyMismatch, InsufficientFunds
from services.payments.plan_payments import change_plan, subscribe
from services.payments.provider import PaymentProviderUnavailable, PaymentRefused
from services.payments.renewals import renew_plans
from services.plans import plan_of
from services.plans.subscriptions import (
    AlreadySubscribed,
    NotSubscribed,
    PlanByAgreement,
    cancel_plan,
    resume_plan,
)
from tests.services.payments.buying import balance
from tests.shop import adapter

STRIPE, PAYSTACK, LOCAL = ProviderName.STRIPE, ProviderName.PAYSTACK, ProviderName.LOCAL
BEGUN = datetime(2026, 11, 22, 18, 45, tzinfo=UTC)
CARDS = pytest.mark.parametrize("provider", ProviderName)


class Plans:
    """What a person does with plans, in a shop."""

    def __init__(self, shop, user):
        self.shop, self.user = shop, user

    async def subscribe(self, plan=Plan.STUDENT, *, provider=None, key="first-key"):
        return await subscribe(
            self.shop.stores,
            self.shop.providers,
            user_id=self.user.id,
            plan=plan,
            pay_with=PayWith.AZR if provider is None else PayWith.CARD,
            provider=provider,
            idempotency_key=key,
        )

    async def subscribed(self, plan=Plan.STUDENT, *, provider, key="first-key"):
        """A plan whose checkout is paid."""
        changed = await self.subscribe(plan, provider=provider, key=key)
        payment = await self.shop.payment(changed.payment_id)
        await self.shop.press(payment.checkout_url, "pay")
        await self.shop.deliver(provider)
        return payment

    async def change(self, plan, key="change-key"):
        return await change_plan(
            self.shop.stores,
            self.shop.providers,
            user_id=self.user.id,
            plan=plan,
            idempotency_key=key,
        )

    async def renew(self):
        return await renew_plans(self.shop.stores, self.shop.providers)

    async def plan(self):
        async with self.shop.stores.database.read() as session:
            return (await plan_of(session, self.user.id)).plan

    async def subscription(self):
        async with self.shop.stores.database.read() as session:
            return (await session.scalars(select(Subscription))).one()

    async def periods(self):
        """Plan, beginning and end of each period."""
        async with self.shop.stores.database.read() as session:
            found = await session.scalars(select(PlanPeriod).order_by(col(PlanPeriod.ends_at)))
            return [(each.plan, each.starts_at, each.ends_at) for each in found]

    async def payments(self):
        """The states of payments, oldest first."""
        async with self.shop.stores.database.read() as session:
            found = await session.scalars(
                select(Payment).order_by(col(Payment.created_at), col(Payment.id))
            )
            return [each.state for each in found]

    async def keep(self, method):
        """Let another card be the one that is kept."""
        async with self.shop.stores.database.transaction() as session:
            for kept in await session.scalars(select(PaymentMethod)):
                kept.method = method


@pytest.fixture
async def plans(shop, make):
    return Plans(shop, await make.user(azr_balance=300))


class TestSubscribe:
    async def test_with_azr_begins_at_once_for_the_posted_price(self, plans):
        changed = await plans.subscribe()

        assert (changed.is_replay, changed.payment_id) == (False, None)
        assert await plans.plan() == Plan.STUDENT
        assert await balance(plans.shop, plans.user) == 200
        assert await plans.periods() == [
            ("student", BEGUN, datetime(2026, 12, 22, 18, 45, tzinfo=UTC))
        ]

    async def test_with_azr_rounds_the_price_up(self, plans, make):
        await make.token_price("0.07")

        await plans.subscribe()

        assert await balance(plans.shop, plans.user) == 300 - Decimal("71.42857143")

    @CARDS
    async def test_by_card_begins_when_the_checkout_is_paid(self, plans, provider):
        changed = await plans.subscribe(provider=provider)
        assert await plans.plan() == Plan.FREE

        payment = await plans.shop.payment(changed.payment_id)
        await plans.shop.press(payment.checkout_url, "pay")
        await plans.shop.deliver(provider)

        assert payment.amount_cents == 500
        assert await plans.plan() == Plan.STUDENT
        assert (await plans.subscription()).provider == provider
        assert await balance(plans.shop, plans.user) == 300

    async def test_happens_once_for_a_key(self, plans):
        found = await asyncio.gather(*(plans.subscribe() for _ in range(5)))

        assert sorted(each.is_replay for each in found) == [False, True, True, True, True]
        assert await balance(plans.shop, plans.user) == 200
        with pytest.raises(IdempotencyMismatch):
            await plans.subscribe(Plan.PROFESSIONAL)

    async def test_happens_once_for_a_person(self, plans):
        keys = [f"key-number-{number}" for number in range(5)]

        found = await asyncio.gather(
            *(plans.subscribe(key=key) for key in keys), return_exceptions=True
        )

        assert sorted(type(each).__name__ for each in found) == [
            *["AlreadySubscribed"] * 4,
            "PlanChanged",
        ]
        assert await balance(plans.shop, plans.user) == 200

    async def test_by_two_checkouts_that_are_both_paid_loses_nothing(self, plans):
        for key in ("first-key", "other-key"):
            await plans.subscribe(provider=STRIPE, key=key)
        async with plans.shop.stores.database.read() as session:
            urls = list(await session.scalars(select(Payment.checkout_url)))

        for url in urls:
            await plans.shop.press(url, "pay")
        await plans.shop.deliver()

        assert (await plans.subscription()).ends_at == BEGUN + timedelta(days=60)

    async def test_is_refused_without_a_trace(self, plans, make):
        await plans.subscribe()
        before = await make.contents()

        for options, refusal in (
            ({"plan": Plan.FREE}, InvalidInput),
            ({"plan": Plan.ENTERPRISE}, PlanByAgreement),
            ({"plan": Plan.PROFESSIONAL}, AlreadySubscribed),
            ({"plan": Plan.PROFESSIONAL, "provider": STRIPE}, AlreadySubscribed),
        ):
            with pytest.raises(refusal):
                await plans.subscribe(**options, key="other-key")
        assert await make.contents() == before

    async def test_is_refused_to_whoever_has_too_little(self, plans, make):
        before = await make.contents()

        with pytest.raises(InsufficientFunds) as refused:
            await plans.subscribe(Plan.PROFESSIONAL)

        assert (refused.value.required_azr, refused.value.available_azr) == (400, 300)
        after = await make.contents()
        assert len(after.pop("ledger_keys")) == len(before.pop("ledger_keys")) + 1
        assert after == before


class TestChangePlan:
    async def test_to_a_dearer_one_adds_what_is_left_as_time(self, plans, make, watch):
        await make.azr(plans.user, 200)
        await plans.subscribe()
        watch.move(days=10)

        await plans.change(Plan.PROFESSIONAL)

        # Of 30 days for 5 USD, 20 are left: so much as 20 USD buy in a quarter of that time.
        upgraded = BEGUN + timedelta(days=10)
        month = timedelta(days=31)
        assert (await plans.periods())[1] == (
            "professional",
            upgraded,
            upgraded + month + timedelta(days=5),
        )
        assert await plans.plan() == Plan.PROFESSIONAL
        assert await balance(plans.shop, plans.user) == 0

    @CARDS
    async def test_to_a_dearer_one_charges_the_card_that_is_kept(self, plans, provider):
        await plans.subscribed(provider=provider)

        changed = await plans.change(Plan.PROFESSIONAL)
        again = await plans.change(Plan.PROFESSIONAL)
        await plans.shop.deliver(provider)

        assert await plans.plan() == Plan.PROFESSIONAL
        assert (await plans.shop.payment(changed.payment_id)).amount_cents == 2000
        assert (again.payment_id, again.is_replay) == (changed.payment_id, True)
        assert await plans.payments() == ["paid", "paid"]
        assert len(await plans.periods()) == 2

    @CARDS
    async def test_is_refused_with_a_card_that_does_not_pay(self, plans, provider):
        await plans.subscribed(provider=provider)
        await plans.keep("pm_card_declined")

        for _ in range(2):
            with pytest.raises(PaymentRefused):
                await plans.change(Plan.PROFESSIONAL)

        assert await plans.plan() == Plan.STUDENT
        assert await plans.payments() == ["paid", "failed"]

    async def test_goes_on_where_a_provider_that_was_away_left_it(self, plans):
        await plans.subscribed(provider=STRIPE)
        there = plans.shop.providers[STRIPE]
        plans.shop.providers[STRIPE] = adapter(STRIPE, "http://127.0.0.1:1")
        with pytest.raises(PaymentProviderUnavailable):
            await plans.change(Plan.PROFESSIONAL)
        await plans.shop.providers[STRIPE].close()
        plans.shop.providers[STRIPE] = there

        changed = await plans.change(Plan.PROFESSIONAL)

        assert changed.is_replay
        assert await plans.plan() == Plan.PROFESSIONAL

    async def test_with_azr_is_a_replay_the_second_time(self, plans, make):
        await make.azr(plans.user, 200)
        await plans.subscribe()

        found = [await plans.change(Plan.PROFESSIONAL) for _ in range(2)]

        assert [each.is_replay for each in found] == [False, True]
        assert await balance(plans.shop, plans.user) == 0

    async def test_to_a_cheaper_one_waits_for_the_end_of_the_period(self, plans, make, watch):
        await make.azr(plans.user, 300)
        await plans.subscribe(Plan.PROFESSIONAL)
        await plans.change(Plan.STUDENT)
        assert await plans.plan() == Plan.PROFESSIONAL

        watch.move(days=30)
        assert await plans.renew() == 1

        assert await plans.plan() == Plan.STUDENT
        assert [plan for plan, *_ in await plans.periods()] == ["professional", "student"]
        assert await balance(plans.shop, plans.user) == 100

    async def test_is_refused_without_a_plan(self, plans, make):
        before = await make.contents()

        for change in (
            plans.change(Plan.PROFESSIONAL),
            cancel_plan(plans.shop.stores, user_id=plans.user.id),
            resume_plan(plans.shop.stores, user_id=plans.user.id),
        ):
            with pytest.raises(NotSubscribed):
                await change
        assert await make.contents() == before


class TestCancelPlan:
    async def test_ends_it_with_its_period(self, plans, watch):
        await plans.subscribe()
        await cancel_plan(plans.shop.stores, user_id=plans.user.id)
        assert await plans.plan() == Plan.STUDENT

        watch.move(days=30)
        assert await plans.renew() == 1

        assert await plans.plan() == Plan.FREE
        assert await balance(plans.shop, plans.user) == 200
        await plans.subscribe(key="other-key")
        assert await plans.plan() == Plan.STUDENT

    async def test_is_taken_back_by_resuming(self, plans, watch):
        await plans.subscribe()
        await cancel_plan(plans.shop.stores, user_id=plans.user.id)
        await resume_plan(plans.shop.stores, user_id=plans.user.id)

        watch.move(days=30)
        await plans.renew()

        assert await plans.plan() == Plan.STUDENT
        assert await balance(plans.shop, plans.user) == 100


class TestRenewPlans:
    async def test_leaves_those_alone_that_are_not_due(self, plans, watch, make):
        await plans.subscribe()
        watch.move(days=29)
        before = await make.contents()

        assert await plans.renew() == 0

        assert await make.contents() == before

    async def test_pays_the_next_month_once_with_azr_though_run_several_times_at_once(
        self, plans, watch
    ):
        await plans.subscribe()
        watch.move(days=30, hours=2)

        await asyncio.gather(*(plans.renew() for _ in range(5)))

        assert await balance(plans.shop, plans.user) == 100
        assert (await plans.periods())[1:] == [
            (
                "student",
                datetime(2026, 12, 22, 18, 45, tzinfo=UTC),
                datetime(2027, 1, 22, 18, 45, tzinfo=UTC),
            )
        ]

    @CARDS
    async def test_pays_the_next_month_once_by_card_though_run_several_times_at_once(
        self, plans, watch, provider
    ):
        await plans.subscribed(provider=provider)
        watch.move(days=30)

        await asyncio.gather(*(plans.renew() for _ in range(5)))
        await plans.shop.deliver(provider)
        await plans.renew()

        assert await plans.payments() == ["paid", "paid"]
        assert len(await plans.periods()) == 2
        assert await plans.plan() == Plan.STUDENT

    @CARDS
    async def test_tries_a_card_again_for_a_week_and_then_ends_the_plan(
        self, plans, watch, provider
    ):
        await plans.subscribed(provider=provider)
        await plans.keep("pm_card_declined")
        watch.move(days=30)

        tried = []
        for day in range(9):
            before = len(await plans.payments())
            await plans.renew()
            if len(await plans.payments()) > before:
                tried.append((day, await plans.plan()))
            watch.move(days=1)

        assert tried == [
            (0, Plan.STUDENT),
            (1, Plan.STUDENT),
            (3, Plan.STUDENT),
            (5, Plan.STUDENT),
            (7, Plan.FREE),
        ]
        assert await plans.payments() == ["paid", *["failed"] * 5]

    async def test_is_content_with_a_card_that_pays_later(self, plans, watch):
        await plans.subscribed(provider=STRIPE)
        await plans.keep("pm_card_declined")
        watch.move(days=30)
        await plans.renew()
        assert (await plans.subscription()).state == "past_due"

        await plans.keep("pm_card_good")
        watch.move(days=1)
        await plans.renew()

        renewed = await plans.subscription()
        assert (renewed.state, renewed.failed_attempts) == ("active", 0)
        assert renewed.ends_at == datetime(2027, 1, 22, 18, 45, tzinfo=UTC)

    async def test_tries_again_with_azr_that_was_missing(self, plans, make, watch):
        await make.azr(plans.user, 100)
        await plans.subscribe(Plan.PROFESSIONAL)
        watch.move(days=30)
        await plans.renew()
        assert (await plans.subscription()).state == "past_due"
        assert await plans.plan() == Plan.PROFESSIONAL

        await make.azr(plans.user, 400)
        watch.move(days=1)
        await plans.renew()

        assert (await plans.subscription()).state == "active"
        assert await balance(plans.shop, plans.user) == 0

    async def test_asks_for_the_same_payment_while_the_provider_is_away(self, plans, watch):
        await plans.subscribed(provider=STRIPE)
        watch.move(days=30)
        there = plans.shop.providers[STRIPE]
        plans.shop.providers[STRIPE] = adapter(STRIPE, "http://127.0.0.1:1")
        await plans.renew()
        await plans.shop.providers[STRIPE].close()
        plans.shop.providers[STRIPE] = there
        assert await plans.payments() == ["paid", "pending"]

        await plans.renew()

        assert await plans.payments() == ["paid", "paid"]

    async def test_keeps_to_the_last_days_of_months(self, plans, watch):
        watch.now = datetime(2027, 1, 31, 12, tzinfo=UTC)
        await plans.subscribe()
        for _ in range(2):
            watch.move(days=31)
            await plans.renew()

        ends = [end for *_, end in await plans.periods()]
        assert [f"{end:%m-%d}" for end in ends] == ["02-28", "03-28", "04-28"]


class TestRefunds:
    async def test_of_the_whole_price_end_the_plan(self, plans):
        payment = await plans.subscribed(provider=STRIPE)

        await plans.shop.press(payment.checkout_url, "refund")
        await plans.shop.deliver()

        assert await plans.plan() == Plan.FREE
        assert await plans.payments() == ["refunded"]
