"""Sending AZR through the graph: previews, limits, memos, retries."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import httpx2
import pytest

import services.tokens.recipients
from core.clock import start_of_next_day
from core.ids import encode_id, new_id
from core.redis.client import RedisStore
from core.settings import read_settings
from models.tables import PayWith, Plan, Subscription, SubscriptionState
from services.auth.viewer import Viewer
from services.plans import RULES
from tests.services.ledger.bank import Bank
from tests.subgraphs.refusals import GONE, REFUSAL, codes
from tests.subgraphs.world import shown_time
from web.app import create_app

LIMITS = "... on TransferLimitError { limit used resetsAt } ... on TooManyLookupsError { retryAt }"
FUNDS = "... on InsufficientFundsError { available required }"
PREVIEW = f"""query ($input: PreviewTransferInput!) {{ previewTransfer(input: $input) {{
    __typename {REFUSAL} {LIMITS} {FUNDS}
    ... on TransferPreview {{
        recipient {{ fullName handle }} amount balanceAfter dayLimit dayLimitLeft resetsAt
    }} }} }}"""
SEND = f"""mutation ($input: TransferTokensInput!) {{ transferTokens(input: $input) {{
    __typename {REFUSAL} {LIMITS} {FUNDS}
    ... on TransferTokensPayload {{
        isReplay wallet {{ balance }}
        transaction {{ type amount balanceAfter memo receiptCode counterparty {{ fullName }} }}
    }} }} }}"""
FREE_DAY_AZR = RULES[Plan.FREE].transfer_day_max_azr


@pytest.fixture
def bank(database):
    return Bank(database)


@pytest.fixture
async def sender(make):
    return await make.user(azr_balance=5_000)


@pytest.fixture
async def recipient(make):
    return await make.user()


@pytest.fixture
def send(ask, make, sender, recipient):
    """Send, and answer with the payload or the refusal."""

    async def run(viewer=None, **values):
        wanted = {
            "to": {"handle": recipient.handle},
            "amount": "2.5",
            "idempotencyKey": new_id().hex,
            **values,
        }
        result = await ask(SEND, viewer or make.viewer(sender), input=wanted)
        assert result.errors is None
        return result.data["transferTokens"]

    return run


@pytest.fixture
def preview(ask, make, sender, recipient):
    """Preview, and answer with the preview or the refusal."""

    async def run(**values):
        wanted = {"to": {"handle": recipient.handle}, "amount": "2.5", **values}
        result = await ask(PREVIEW, make.viewer(sender), input=wanted)
        assert result.errors is None
        return result.data["previewTransfer"]

    return run


def names_of(user):
    """Every way to name somebody, and ways to type them."""
    return [
        {"handle": user.handle},
        {"handle": f" @{user.handle.upper()} "},
        {"email": user.email},
        {"email": f" {user.email.upper()}"},
        {"userId": encode_id("usr", user.id)},
    ]


class TestTransferTokens:
    async def test_moves_azr_and_tells_both_why(self, ask, make, bank, sender, recipient, send):
        sent = await send(amount="2.5", memo="  For the books ")

        line = sent["transaction"]
        assert sent["isReplay"] is False
        assert sent["wallet"] == {"balance": "4997.50000000"}
        assert line.pop("receiptCode").startswith("AZR-")
        assert line == {
            "type": "TRANSFER_OUT",
            "amount": "2.50000000",
            "balanceAfter": "4997.50000000",
            "memo": "For the books",
            "counterparty": {"fullName": recipient.full_name},
        }
        document = "{ me { wallet { statement { nodes { type memo counterparty { handle } } } } } }"
        received = await ask(document, make.viewer(recipient))
        assert received.data["me"]["wallet"]["statement"]["nodes"] == [
            {
                "type": "TRANSFER_IN",
                "memo": "For the books",
                "counterparty": {"handle": sender.handle},
            }
        ]
        assert await bank.contradictions() == []

    async def test_finds_the_recipient_by_any_name(self, bank, recipient, send):
        for name in names_of(recipient):
            assert (await send(to=name))["__typename"] == "TransferTokensPayload"

        assert await bank.balance(recipient.id) == Decimal("12.5")

    @pytest.mark.parametrize("memo", [None, "", "   "])
    async def test_needs_no_memo(self, send, memo):
        assert (await send(memo=memo))["transaction"]["memo"] is None

    async def test_is_the_same_transfer_for_the_same_key(self, ask, make, sender, send, unchanged):
        first = await send(idempotencyKey="transfer-1", memo="Once")

        again = await unchanged(send(idempotencyKey="transfer-1", memo="Once"))

        assert again == {**first, "isReplay": True}

    async def test_is_replayed_though_the_recipient_has_another_handle_now(
        self, ask, make, recipient, send
    ):
        first = await send(idempotencyKey="transfer-1")
        await ask(
            'mutation { updateProfile(input: {handle: "renamed"}) { __typename } }',
            make.viewer(recipient),
        )

        again = await send(idempotencyKey="transfer-1")

        assert again == {**first, "isReplay": True}

    async def test_happens_once_when_it_is_sent_twenty_times_at_once(self, bank, recipient, send):
        answers = await asyncio.gather(*(send(idempotencyKey="transfer-1") for _ in range(20)))

        assert [answer["isReplay"] for answer in answers].count(False) == 1
        assert await bank.balance(recipient.id) == Decimal("2.5")

    @pytest.mark.parametrize("change", [{"amount": "3"}, {"memo": "Another"}])
    async def test_refuses_another_request_with_the_same_key(self, send, unchanged, change):
        await send(idempotencyKey="transfer-1")

        refusal = await unchanged(send(idempotencyKey="transfer-1", **change))

        assert refusal["code"] == "IDEMPOTENCY_MISMATCH"

    async def test_says_in_a_header_that_it_was_replayed(
        self, graph, platform, tokens, sender, recipient
    ):
        app = create_app(read_settings(), graph=graph, open_platform=None)
        app.state.runtime.opened = platform
        token, _ = tokens.issue(sender.id, new_id(), sender.roles)
        wanted = {
            "to": {"handle": recipient.handle},
            "amount": "1",
            "idempotencyKey": "transfer-1",
        }

        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://azora.test"
        ) as client:
            first, again = [
                await client.post(
                    "/graphql",
                    json={"query": SEND, "variables": {"input": wanted}},
                    headers={"Authorization": f"Bearer {token}"},
                )
                for _ in range(2)
            ]

        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"

    @pytest.mark.parametrize(
        ("values", "fields"),
        [
            ({"amount": "0"}, ["amount"]),
            ({"memo": "x" * 141}, ["memo"]),
            ({"memo": "two\nlines", "amount": "0"}, ["amount", "memo"]),
            ({"idempotencyKey": "short"}, ["idempotencyKey"]),
        ],
    )
    async def test_lists_faults_and_changes_nothing(self, send, unchanged, values, fields):
        refusal = await unchanged(send(**values))

        assert [fault["field"] for fault in refusal["faults"]] == fields

    @pytest.mark.parametrize(
        "to", [{}, {"handle": "a", "email": "b"}, {"handle": None}, {"userId": "svc_1"}, "ama"]
    )
    async def test_refuses_recipients_that_are_not_one_name(self, ask, make, sender, unchanged, to):
        wanted = {"to": to, "amount": "1", "idempotencyKey": "transfer-1"}

        assert await unchanged(codes(ask, SEND, make.viewer(sender), input=wanted)) == {
            "BAD_USER_INPUT"
        }

    async def test_refuses_unknown_recipients(self, send, unchanged):
        for name in (
            {"handle": "nobody"},
            {"email": "nobody@example.com"},
            {"userId": encode_id("usr", new_id())},
        ):
            refusal = await unchanged(send(to=name))

            assert refusal["__typename"] == "RecipientNotFoundError"
            assert refusal["field"] == ["input", "to"]

    async def test_goes_never_to_oneself(self, sender, send, unchanged):
        for name in names_of(sender):
            assert (await unchanged(send(to=name)))["code"] == "PAYMENT_TO_ONESELF"

    async def test_needs_funds(self, make, recipient, send, unchanged):
        poor = make.viewer(await make.user(azr_balance=2))

        refusal = await unchanged(send(poor, amount="2.00000001"))

        assert refusal["code"] == "INSUFFICIENT_FUNDS"
        assert (refusal["available"], refusal["required"]) == ("2.00000000", "2.00000001")

    async def test_leaves_no_frozen_wallet(self, bank, sender, send, unchanged):
        await bank.freeze(sender.id)

        assert (await unchanged(send()))["code"] == "ACCOUNT_FROZEN"

    async def test_never_overfills_a_wallet(self, make, send, unchanged):
        rich = await make.user(azr_balance=Decimal(9999999999))

        refusal = await unchanged(send(to={"handle": rich.handle}, amount="1"))

        assert refusal["code"] == "BALANCE_TOO_LARGE"

    @pytest.mark.parametrize("viewer", [Viewer.ANONYMOUS, GONE])
    async def test_needs_an_account(self, ask, recipient, unchanged, viewer):
        wanted = {
            "to": {"handle": recipient.handle},
            "amount": "1",
            "idempotencyKey": "transfer-1",
        }

        assert await unchanged(codes(ask, SEND, viewer, input=wanted)) == {"UNAUTHENTICATED"}


class TestDayLimit:
    async def test_is_that_of_the_plan(self, stores, send, unchanged):
        await send(amount=f"{FREE_DAY_AZR - 1}")

        refusal = await unchanged(send(amount="1.00000001"))
        rest = await send(amount="1")

        assert refusal["__typename"] == "TransferLimitError"
        assert refusal["limit"] == f"{FREE_DAY_AZR:.8f}"
        assert refusal["used"] == f"{FREE_DAY_AZR - 1:.8f}"
        assert refusal["resetsAt"] == shown_time(start_of_next_day(stores.clock()))
        assert rest["__typename"] == "TransferTokensPayload"

    async def test_grows_with_the_plan(self, database, stores, sender, send):
        now = stores.clock()
        async with database.transaction() as session:
            session.add(
                Subscription(
                    user_id=sender.id,
                    plan=Plan.STUDENT.value,
                    pay_with=PayWith.AZR.value,
                    state=SubscriptionState.ACTIVE.value,
                    starts_at=now,
                    ends_at=now + timedelta(days=30),
                    day_of_month=1,
                    due_at=now + timedelta(days=30),
                    created_at=now,
                )
            )

        sent = await send(amount=f"{FREE_DAY_AZR + 1}")

        assert sent["__typename"] == "TransferTokensPayload"

    async def test_is_anew_the_next_day(self, database, make, platform, graph, sender, recipient):
        wanted = {"to": {"handle": recipient.handle}, "amount": f"{FREE_DAY_AZR}"}
        tomorrow = platform.stores.clock() + timedelta(days=1)
        later = replace(platform, stores=replace(platform.stores, clock=lambda: tomorrow))
        operation = [
            graph.prepare(
                SEND,
                operation_name=None,
                variables={"input": {**wanted, "idempotencyKey": f"transfer-{number}"}},
            )
            for number in range(3)
        ]
        context = {"viewer": make.viewer(sender), "request_id": "test"}

        answers = [
            (await graph.execute(operation[number], process.context(**context))).data
            for number, process in enumerate((platform, platform, later))
        ]

        assert [answer["transferTokens"]["__typename"] for answer in answers] == [
            "TransferTokensPayload",
            "TransferLimitError",
            "TransferTokensPayload",
        ]

    async def test_holds_for_many_transfers_at_once(self, bank, recipient, send):
        part = FREE_DAY_AZR / 10

        answers = await asyncio.gather(*(send(amount=f"{part}") for _ in range(30)))

        names = [answer["__typename"] for answer in answers]
        assert names.count("TransferTokensPayload") == 10
        assert names.count("TransferLimitError") == 20
        assert await bank.balance(recipient.id) == FREE_DAY_AZR
        assert await bank.contradictions() == []

    async def test_does_not_count_what_was_refused(self, make, send):
        poor = make.viewer(await make.user(azr_balance=1))
        await send(poor, amount=f"{FREE_DAY_AZR}")

        assert (await send(poor, amount="1"))["__typename"] == "TransferTokensPayload"

    async def test_deadlocks_no_people_who_pay_each_other(
        self, make, send, sender, recipient, bank
    ):
        await make.azr(recipient, 100)
        back = make.viewer(recipient)

        answers = await asyncio.gather(
            *(send(amount="1") for _ in range(20)),
            *(send(back, to={"handle": sender.handle}, amount="1") for _ in range(20)),
        )

        assert {answer["__typename"] for answer in answers} == {"TransferTokensPayload"}
        assert await bank.balance(recipient.id) == 100
        assert await bank.contradictions() == []


class TestPreviewTransfer:
    async def test_shows_to_whom_and_what_would_be_left(
        self, stores, recipient, preview, unchanged
    ):
        shown = await unchanged(preview(amount="2.5"))

        assert shown == {
            "__typename": "TransferPreview",
            "recipient": {"fullName": recipient.full_name, "handle": recipient.handle},
            "amount": "2.50000000",
            "balanceAfter": "4997.50000000",
            "dayLimit": f"{FREE_DAY_AZR:.8f}",
            "dayLimitLeft": f"{FREE_DAY_AZR - Decimal('2.5'):.8f}",
            "resetsAt": shown_time(start_of_next_day(stores.clock())),
        }

    async def test_refuses_what_a_transfer_would(self, bank, make, sender, preview, send):
        await bank.reserve(sender.id, "4500")
        cases = {
            "INVALID_INPUT": {"amount": "0"},
            "RECIPIENT_NOT_FOUND": {"to": {"handle": "nobody"}},
            "PAYMENT_TO_ONESELF": {"to": {"handle": sender.handle}},
            "TRANSFER_LIMIT": {"amount": f"{FREE_DAY_AZR + 1}"},
            "INSUFFICIENT_FUNDS": {"amount": "500.00000001"},
        }

        previewed = {code: await preview(**values) for code, values in cases.items()}
        sent = {code: await send(**values) for code, values in cases.items()}

        assert {code: refusal["code"] for code, refusal in previewed.items()} == {
            code: code for code in cases
        }
        assert previewed == sent

    async def test_says_that_the_wallet_is_frozen(self, bank, sender, preview):
        await bank.freeze(sender.id)

        assert (await preview())["code"] == "ACCOUNT_FROZEN"

    @pytest.mark.parametrize("viewer", [Viewer.ANONYMOUS, GONE])
    async def test_needs_an_account(self, ask, recipient, viewer):
        wanted = {"to": {"handle": recipient.handle}, "amount": "1"}

        assert await codes(ask, PREVIEW, viewer, input=wanted) == {"UNAUTHENTICATED"}


class TestLookups:
    MAX = services.tokens.recipients.ADDRESSES_AN_HOUR_MAX

    async def test_by_address_are_few_an_hour_whether_anybody_is_known(
        self, recipient, preview, send
    ):
        for number in range(self.MAX - 1):
            await preview(to={"email": f"nobody{number}@example.com"})
        known = await preview(to={"email": recipient.email})

        refused = [
            await preview(to={"email": "somebody@example.com"}),
            await send(to={"email": "somebody.else@example.com"}),
        ]
        again = await send(to={"email": recipient.email.upper()})
        by_handle = await send()

        assert known["__typename"] == "TransferPreview"
        assert {each["code"] for each in refused} == {"TOO_MANY_LOOKUPS"}
        assert all(each["retryAt"].endswith(":00:00.000Z") for each in refused)
        assert again["__typename"] == by_handle["__typename"] == "TransferTokensPayload"

    async def test_by_address_wait_for_redis_and_others_do_not(
        self, platform, graph, make, sender, recipient
    ):
        away = replace(platform.stores, redis=RedisStore("redis://127.0.0.1:1"))
        process = replace(platform, stores=away)

        async def preview(to):
            operation = graph.prepare(
                PREVIEW, operation_name=None, variables={"input": {"to": to, "amount": "1"}}
            )
            context = process.context(viewer=make.viewer(sender), request_id="test")
            return await graph.execute(operation, context)

        by_address = await preview({"email": recipient.email})
        by_handle = await preview({"handle": recipient.handle})

        assert [error["extensions"]["code"] for error in by_address.errors] == [
            "SERVICE_UNAVAILABLE"
        ]
        assert by_handle.data["previewTransfer"]["__typename"] == "TransferPreview"
