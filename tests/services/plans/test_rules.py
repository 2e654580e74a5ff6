"""What each plan allows, and who has which."""

from datetime import timedelta
from decimal import Decimal

import pytest

from models.tables import PayWith, Plan, Subscription, SubscriptionState
from services.plans import RULES, plan_of


@pytest.fixture
def subscribe(database, stores):
    """Writes a subscription of a person, in a state."""

    async def subscribed(user, plan, state):
        now = stores.clock()
        async with database.transaction() as session:
            session.add(
                Subscription(
                    user_id=user.id,
                    plan=plan,
                    pay_with=PayWith.AZR,
                    state=state,
                    starts_at=now - timedelta(days=31),
                    ends_at=now - timedelta(days=1),
                    day_of_month=1,
                    due_at=now,
                )
            )

    return subscribed


class TestRules:
    def test_have_the_prices_of_the_product(self):
        prices = {plan.value: rules.month_cents for plan, rules in RULES.items()}

        assert prices == {"free": 0, "student": 500, "professional": 2000, "enterprise": None}

    def test_allow_more_for_more(self):
        rules = [RULES[plan] for plan in Plan]

        for name in ("transfer_day_max_azr", "ai_day_tokens", "listings_max"):
            allowed = [getattr(each, name) for each in rules]
            assert allowed == sorted(set(allowed))


class TestPlanOf:
    async def test_is_the_free_plan_for_everybody_else(self, database, make):
        user = await make.user()

        async with database.read() as session:
            rules = await plan_of(session, user.id)

        assert (rules.plan, rules.transfer_day_max_azr) == (Plan.FREE, Decimal(1000))

    @pytest.mark.parametrize(
        ("state", "plan"),
        [
            (SubscriptionState.ACTIVE, Plan.STUDENT),
            (SubscriptionState.PAST_DUE, Plan.STUDENT),
            (SubscriptionState.ENDED, Plan.FREE),
        ],
    )
    async def test_lasts_until_the_subscription_ends(self, database, make, subscribe, state, plan):
        user = await make.user()
        await subscribe(user, Plan.STUDENT, state)

        async with database.read() as session:
            assert (await plan_of(session, user.id)).plan == plan
