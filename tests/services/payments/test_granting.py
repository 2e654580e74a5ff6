"""Plans by agreement: granted until a date, changed, and ended by the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import CodedError
from core.ids import new_id
from core.validation import InvalidInput
from models.tables import PayWith, Plan, Role
from services.audit import Actor
from services.payments.plan_payments import subscribe
from services.payments.renewals import renew_plans
from services.plans.granting import PersonNotFound, grant_plan
from services.plans.subscriptions import PlanByAgreement, resume_plan
from tests.services.payments.test_plans import Plans

BEGUN = datetime(2026, 11, 22, 18, 45, tzinfo=UTC)
YEAR = timedelta(days=365)


@pytest.fixture
async def admin(make):
    return await make.user(Role.ADMIN)


@pytest.fixture
async def plans(shop, make):
    return Plans(shop, await make.user(azr_balance=1000))


@pytest.fixture
def grant(shop, admin, plans):
    async def run(plan=Plan.ENTERPRISE, *, until=BEGUN + YEAR, actor=None, **values):
        wanted = {"user_id": plans.user.id, "plan": plan, "until": until, "reason": "A contract."}
        actor_id = (actor or admin).id
        await grant_plan(shop.stores, Actor(actor_id, "test"), **{**wanted, **values})

    return run


@pytest.fixture
def refused(make):
    """Awaits a refusal that changes nothing."""

    async def run(error, doing):
        before = await make.contents()
        with pytest.raises(error) as raised:
            await doing
        assert await make.contents() == before
        return raised.value

    return run


def faulty(refusal):
    return [fault.field for fault in refusal.faults]


class TestGrantPlan:
    async def test_gives_the_plan_at_once_without_payment(self, plans, grant):
        await grant()

        assert await plans.plan() is Plan.ENTERPRISE
        assert await plans.periods() == [("enterprise", BEGUN, BEGUN + YEAR)]
        assert await plans.payments() == []
        subscription = await plans.subscription()
        assert (subscription.pay_with, subscription.cancels_at_end) == ("agreement", True)

    async def test_is_ended_by_the_clock_on_its_date(self, shop, plans, grant, watch):
        await grant()

        watch.move(days=364)
        early = await renew_plans(shop.stores, shop.providers)
        kept = await plans.plan()
        watch.move(days=1)
        await renew_plans(shop.stores, shop.providers)

        assert (early, kept) == (0, Plan.ENTERPRISE)
        assert await plans.plan() is Plan.FREE
        assert await plans.payments() == []

    async def test_is_changed_and_ended_earlier_by_another(self, shop, plans, grant, watch):
        await grant()
        await grant(Plan.PROFESSIONAL)
        await grant(Plan.PROFESSIONAL, until=BEGUN + timedelta(days=1))

        plan = await plans.plan()
        watch.move(days=1)
        await renew_plans(shop.stores, shop.providers)

        assert plan is Plan.PROFESSIONAL
        assert await plans.plan() is Plan.FREE

    async def test_takes_the_place_of_what_is_paid_for_when_it_is_no_less(self, plans, grant):
        await plans.subscribe(Plan.STUDENT)

        await grant()

        assert await plans.plan() is Plan.ENTERPRISE
        assert (await plans.subscription()).provider is None

    async def test_takes_nothing_that_was_paid_for(self, plans, grant, refused):
        await plans.subscribe(Plan.PROFESSIONAL)

        refusal = await refused(InvalidInput, grant(Plan.STUDENT, until=BEGUN + timedelta(days=29)))

        assert faulty(refusal) == ["plan", "until"]

    async def test_may_be_followed_by_a_plan_that_is_paid_for(self, shop, plans, grant, watch):
        await grant(until=BEGUN + timedelta(days=1))
        watch.move(days=1)
        await renew_plans(shop.stores, shop.providers)

        await plans.subscribe(Plan.STUDENT)

        assert await plans.plan() is Plan.STUDENT

    async def test_is_not_changed_by_the_person(self, shop, plans, grant, refused):
        await grant(Plan.STUDENT)

        for plan in (Plan.PROFESSIONAL, Plan.STUDENT):
            await refused(PlanByAgreement, plans.change(plan))
        await refused(PlanByAgreement, resume_plan(shop.stores, user_id=plans.user.id))

    async def test_is_no_way_to_subscribe(self, shop, plans, refused):
        refusal = await refused(
            InvalidInput,
            subscribe(
                shop.stores,
                shop.providers,
                user_id=plans.user.id,
                plan=Plan.STUDENT,
                pay_with=PayWith.AGREEMENT,
                provider=None,
                idempotency_key="first-key",
            ),
        )

        assert faulty(refusal) == ["payWith"]

    async def test_lists_every_fault(self, grant, refused):
        refusal = await refused(InvalidInput, grant(Plan.FREE, until=BEGUN, reason=" "))

        assert faulty(refusal) == ["reason", "plan", "until"]

    async def test_needs_an_admin_and_a_person(self, plans, grant, refused):
        refusal = await refused(CodedError, grant(actor=plans.user))
        await refused(PersonNotFound, grant(user_id=new_id()))

        assert refusal.code == "FORBIDDEN"
