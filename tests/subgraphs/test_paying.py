"""Buying AZR and having plans, through the graph."""

import httpx2
import pytest

from core.ids import encode_id
from models.tables import Role, User
from services.auth.viewer import Viewer
from tests.subgraphs.refusals import GONE, REFUSAL, codes

BUY = f"""mutation ($input: BuyTokensInput!) {{ buyTokens(input: $input) {{
    __typename
    ... on BuyTokensPayload {{
        isReplay checkoutUrl
        payment {{
            id purpose provider state amountUsd returnedUsd amountAzr plan checkoutUrl paidAt
        }}
    }}
    {REFUSAL}
}} }}"""
CURRENT = """plan state payWith cancelAtPeriodEnd pendingChange { plan }
    entitlements { transferDayMaxAzr aiDayTokens listingsMax }
    usage { transferredTodayAzr aiTokensToday listings }"""
PAYLOAD = f"isReplay payment {{ state checkoutUrl amountUsd }} plan {{ {CURRENT} }}"
SUBSCRIBE = f"""mutation ($input: SubscribeInput!) {{ subscribe(input: $input) {{
    __typename ... on SubscribePayload {{ {PAYLOAD} }} {REFUSAL}
    ... on InsufficientFundsError {{ available required }}
}} }}"""
CHANGE = f"""mutation ($input: ChangePlanInput!) {{ changePlan(input: $input) {{
    __typename ... on ChangePlanPayload {{ {PAYLOAD} }} {REFUSAL}
}} }}"""
CANCEL = f"""mutation {{ cancelPlan {{
    __typename ... on CancelPlanPayload {{ plan {{ {CURRENT} }} }}
    ... on UserError {{ code }}
}} }}"""
RESUME = f"""mutation {{ resumePlan {{
    __typename ... on ResumePlanPayload {{ plan {{ {CURRENT} }} }}
    ... on UserError {{ code }}
}} }}"""
MINE = f"{{ me {{ plan {{ {CURRENT} currentPeriodEnd }} payments {{ totalCount }} }} }}"


@pytest.fixture
async def user(make):
    """Somebody with 120 AZR, at 0.05 USD each."""
    await make.token_price("0.05")
    return await make.user(azr_balance=120)


def purchase(**values):
    return {
        "amountAzr": "40.00000001",
        "provider": "LOCAL",
        "idempotencyKey": "first-key",
        **values,
    }


def wish(plan="STUDENT", **values):
    return {"plan": plan, "payWith": "AZR", "idempotencyKey": "first-key", **values}


class TestBuyTokens:
    async def test_answers_with_the_payment_and_the_page_to_pay_on(self, ask, make, user):
        first = await ask(BUY, make.viewer(user), input=purchase())
        again = await ask(BUY, make.viewer(user), input=purchase())

        payload = first.data["buyTokens"]
        assert payload["payment"].pop("id").startswith("pay_")
        url = payload["checkoutUrl"]
        assert url.startswith("http://127.0.0.1:")
        assert payload == {
            "__typename": "BuyTokensPayload",
            "isReplay": False,
            "checkoutUrl": url,
            "payment": {
                "purpose": "TOKENS",
                "provider": "LOCAL",
                "state": "PENDING",
                "amountUsd": "2.01",
                "returnedUsd": "0.00",
                "amountAzr": "40.00000001",
                "plan": None,
                "checkoutUrl": url,
                "paidAt": None,
            },
        }
        assert again.data["buyTokens"]["isReplay"] is True
        assert again.data["buyTokens"]["checkoutUrl"] == url

    @pytest.mark.parametrize(
        ("values", "code", "fields"),
        [
            ({"amountAzr": "0"}, "INVALID_INPUT", ["amountAzr"]),
            ({"amountAzr": "1"}, "INVALID_INPUT", ["amountAzr"]),
            ({"amountAzr": "9999999999"}, "INVALID_INPUT", ["amountAzr"]),
            ({"idempotencyKey": "short"}, "INVALID_INPUT", ["idempotencyKey"]),
        ],
    )
    async def test_names_every_fault_and_changes_nothing(
        self, ask, make, user, values, code, fields
    ):
        before = await make.contents()

        result = await ask(BUY, make.viewer(user), input=purchase(**values))

        refusal = result.data["buyTokens"]
        assert (refusal["code"], [fault["field"] for fault in refusal["faults"]]) == (code, fields)
        assert await make.contents() == before

    async def test_refuses_another_request_under_the_same_key(self, ask, make, user):
        await ask(BUY, make.viewer(user), input=purchase())
        before = await make.contents()

        result = await ask(BUY, make.viewer(user), input=purchase(amountAzr="41"))

        assert result.data["buyTokens"]["code"] == "IDEMPOTENCY_MISMATCH"
        assert await make.contents() == before

    async def test_refuses_a_key_that_served_a_posting(self, ask, make, user):
        await ask(SUBSCRIBE, make.viewer(user), input=wish())
        before = await make.contents()

        result = await ask(BUY, make.viewer(user), input=purchase())

        assert result.data["buyTokens"]["code"] == "IDEMPOTENCY_MISMATCH"
        assert await make.contents() == before

    async def test_says_when_no_price_is_posted(self, ask, make):
        viewer, before = make.viewer(await make.user()), await make.contents()

        assert await codes(ask, BUY, viewer, input=purchase()) == {"NO_PRICE_POSTED"}
        assert await make.contents() == before

    async def test_is_for_people_who_are_there(self, ask, make, user):
        before = await make.contents()

        assert await codes(ask, BUY, input=purchase()) == {"UNAUTHENTICATED"}
        assert await codes(ask, BUY, GONE, input=purchase()) == {"UNAUTHENTICATED"}
        assert await make.contents() == before


class TestPlans:
    async def test_are_on_offer_to_everyone_with_their_price_in_azr(self, ask, user):
        result = await ask("{ plans { plan monthUsd monthAzr entitlements { aiDayTokens } } }")

        assert result.body()["data"]["plans"] == [
            {
                "plan": "FREE",
                "monthUsd": "0.00",
                "monthAzr": "0.00000000",
                "entitlements": {"aiDayTokens": 1000},
            },
            {
                "plan": "STUDENT",
                "monthUsd": "5.00",
                "monthAzr": "100.00000000",
                "entitlements": {"aiDayTokens": 10000},
            },
            {
                "plan": "PROFESSIONAL",
                "monthUsd": "20.00",
                "monthAzr": "400.00000000",
                "entitlements": {"aiDayTokens": 50000},
            },
            {
                "plan": "ENTERPRISE",
                "monthUsd": None,
                "monthAzr": None,
                "entitlements": {"aiDayTokens": 500000},
            },
        ]

    async def test_are_free_for_whoever_has_no_other(self, ask, make, user):
        await make.service(user)
        await make.conversation(user)

        result = await ask(MINE, make.viewer(user))

        assert result.data["me"]["plan"] == {
            "plan": "FREE",
            "state": "ACTIVE",
            "payWith": None,
            "cancelAtPeriodEnd": False,
            "pendingChange": None,
            "currentPeriodEnd": None,
            "entitlements": {
                "transferDayMaxAzr": "1000.00000000",
                "aiDayTokens": 1000,
                "listingsMax": 10,
            },
            "usage": {"transferredTodayAzr": "0.00000000", "aiTokensToday": 20, "listings": 1},
        }

    async def test_count_what_was_sent_today(self, ask, make, user):
        await make.transaction(user, type="transfer_out", amount=3)
        await make.transaction(user, type="transfer_out", status="failed")
        await make.transaction(user, type="purchase")

        result = await ask(MINE, make.viewer(user))

        assert result.data["me"]["plan"]["usage"]["transferredTodayAzr"] == "3.00000000"


class TestSubscribe:
    async def test_with_azr_has_the_plan_at_once(self, ask, make, user):
        results = [await ask(SUBSCRIBE, make.viewer(user), input=wish()) for _ in range(2)]

        payloads = [result.data["subscribe"] for result in results]
        assert [each["isReplay"] for each in payloads] == [False, True]
        assert payloads[0]["payment"] is None
        plan = payloads[0]["plan"]
        assert (plan["plan"], plan["state"], plan["payWith"]) == ("STUDENT", "ACTIVE", "AZR")
        async with make.stores.database.read() as session:
            assert (await session.get_one(User, user.id)).azr_balance == 20

    async def test_by_card_waits_for_the_checkout(self, ask, make, user):
        asked = wish(payWith="CARD", provider="LOCAL")

        result = await ask(SUBSCRIBE, make.viewer(user), input=asked)

        payload = result.data["subscribe"]
        assert payload["plan"]["plan"] == "FREE"
        assert payload["payment"]["amountUsd"] == "5.00"
        async with httpx2.AsyncClient() as client:
            page = await client.get(payload["payment"]["checkoutUrl"])
        assert "Azora student, a month" in page.text

    @pytest.mark.parametrize(
        ("values", "type_name", "field"),
        [
            ({"plan": "FREE"}, "InvalidInputError", ["input", "plan"]),
            ({"plan": "ENTERPRISE"}, "PlanByAgreementError", ["input", "plan"]),
            ({"payWith": "CARD"}, "InvalidInputError", ["input", "provider"]),
            ({"provider": "LOCAL"}, "InvalidInputError", ["input", "provider"]),
        ],
    )
    async def test_is_refused_without_a_trace(self, ask, make, user, values, type_name, field):
        before = await make.contents()

        result = await ask(SUBSCRIBE, make.viewer(user), input=wish(**values))

        refusal = result.data["subscribe"]
        assert (refusal["__typename"], refusal["field"]) == (type_name, field)
        assert await make.contents() == before

    async def test_says_how_much_is_missing(self, ask, make, user):
        result = await ask(SUBSCRIBE, make.viewer(user), input=wish("PROFESSIONAL"))

        refusal = result.data["subscribe"]
        assert refusal["__typename"] == "InsufficientFundsError"
        assert (refusal["available"], refusal["required"]) == ("120.00000000", "400.00000000")


class TestChanges:
    async def test_show_what_comes_next(self, ask, make, user):
        viewer = make.viewer(await make.azr(user, 300))
        await ask(SUBSCRIBE, viewer, input=wish("PROFESSIONAL"))
        change = {"plan": "STUDENT", "idempotencyKey": "change-key"}

        shown = [
            (await ask(CHANGE, viewer, input=change)).data["changePlan"]["plan"],
            (await ask(CANCEL, viewer)).data["cancelPlan"]["plan"],
            (await ask(RESUME, viewer)).data["resumePlan"]["plan"],
        ]

        assert [
            (each["plan"], each["pendingChange"], each["cancelAtPeriodEnd"]) for each in shown
        ] == [
            ("PROFESSIONAL", {"plan": "STUDENT"}, False),
            ("PROFESSIONAL", {"plan": "FREE"}, True),
            ("PROFESSIONAL", None, False),
        ]

    async def test_are_refused_to_whoever_has_the_free_plan(self, ask, make, user):
        viewer, before = make.viewer(user), await make.contents()
        change = {"plan": "STUDENT", "idempotencyKey": "change-key"}

        refusals = [
            (await ask(CHANGE, viewer, input=change)).data["changePlan"],
            (await ask(CANCEL, viewer)).data["cancelPlan"],
            (await ask(RESUME, viewer)).data["resumePlan"],
        ]

        assert {each["code"] for each in refusals} == {"NOT_SUBSCRIBED"}
        assert await make.contents() == before

    @pytest.mark.parametrize("document", [CANCEL, RESUME])
    async def test_need_a_sign_in(self, ask, document):
        assert await codes(ask, document) == {"UNAUTHENTICATED"}


class TestPayments:
    async def test_are_seen_by_their_owner_and_by_admins(self, ask, make, user):
        payment = await make.payment(user)
        other, admin = await make.user(), await make.user(Role.ADMIN)
        document = f'{{ node(id: "{encode_id("pay", payment.id)}") {{ id }} }}'

        found = [
            (await ask(document, viewer)).data["node"] is not None
            for viewer in (make.viewer(user), make.viewer(admin), make.viewer(other))
        ]

        assert found == [True, True, False]
        assert (await ask(document, Viewer.ANONYMOUS)).data["node"] is None
        mine = await ask(MINE, make.viewer(user))
        assert mine.data["me"]["payments"]["totalCount"] == 1
