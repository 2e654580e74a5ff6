"""What each plan allows, and who has which."""

from decimal import Decimal

import pytest

from models.tables import Plan, SubscriptionState
from services.plans import RULES, plan_of


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
    async def test_lasts_until_the_subscription_ends(self, database, make, state, plan):
        user = await make.user()
        await make.subscription(user, state=state)

        async with database.read() as session:
            assert (await plan_of(session, user.id)).plan == plan
