"""What providers tell, over real HTTP: stored once, applied once, refused when it is not theirs."""

import asyncio
import json
import random
import time
from datetime import UTC, datetime

import httpx2
import orjson
import pytest
import stripe
import uvicorn

from core.clock import system_clock
from core.money import parse_azr
from core.settings import read_settings
from dev.payments.sales import Wire
from graph.engine import Graph
from graph.schema import build_composition
from models.tables import ProviderName, User
from resolvers.context import Platform
from services.auth.passwords import Passwords
from services.payments.checkouts import buy_tokens
from tests.malformed import MALFORMED_TEXTS, ZEROES
from tests.services.ledger.bank import contradictions
from tests.shop import KEY, open_shop, working
from tests.web.sockets import QuietServer
from web.app import create_app

STRIPE, PAYSTACK = ProviderName.STRIPE, ProviderName.PAYSTACK
BYTES_MAX = 4096
EVENTS = {
    STRIPE: [
        b"""{"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {
            "id": "pi_1", "metadata": {"payment_id": "<payment>"}, "amount_received": <amount>,
            "currency": "usd", "customer": null, "payment_method": null}}}""",
        b"""{"id": "evt_2", "type": "refund.updated", "data": {"object": {
            "id": "re_1", "status": "succeeded", "payment_intent": "pi_1", "amount": <amount>,
            "currency": "usd"}}}""",
        b"""{"id": "evt_3", "type": "charge.dispute.created", "data": {"object": {
            "id": "du_1", "status": "needs_response", "payment_intent": "pi_1",
            "amount": <amount>, "currency": "usd"}}}""",
    ],
    PAYSTACK: [
        b"""{"event": "charge.success", "data": {
            "reference": "<payment>", "amount": <amount>, "currency": "USD"}}""",
        b"""{"event": "refund.processed", "data": {
            "id": 1, "transaction_reference": "<payment>", "amount": <amount>}}""",
        b"""{"event": "charge.dispute.create", "data": {
            "id": 2, "refund_amount": <amount>,
            "transaction": {"reference": "<payment>", "amount": 200}}}""",
        b"""{"event": "charge.dispute.create", "data": {
            "id": 3, "refund_amount": null,
            "transaction": {"reference": "<payment>", "amount": <amount>}}}""",
    ],
}
NO_CENTS = [
    *(json.dumps(each).encode() for each in (*MALFORMED_TEXTS, *ZEROES) if len(each) < 100),
    *(json.dumps(each).encode() for each in (0, -1, 10**30, 1.5, 200.0, True, False, [], [1], {})),
    *(b"NaN", b"Infinity", b"2147483648", b'"200.0"', b"\xff"),
]
# Stripe's amounts are numbers; Paystack's may be text, and of a dispute they may be nothing.
MALFORMED_CENTS = {STRIPE: [*NO_CENTS, b'"200"', b"null"], PAYSTACK: NO_CENTS}


@pytest.fixture
async def server(serve):
    """The application, of which nothing is open yet."""
    graph = Graph(build_composition().schema, timeout_seconds=5.0, has_suggestions=False)
    settings = read_settings(environment="development", body_bytes_max=BYTES_MAX)
    app = create_app(settings, graph=graph, open_platform=None)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = QuietServer(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), task
        await asyncio.sleep(0.005)
    server.app = app
    yield server
    server.should_exit = True
    await task


@pytest.fixture
async def shop(stores, make, server, tokens):
    """A shop whose providers tell the server what happens."""
    await make.token_price("0.05")
    url = f"http://{server.address}/webhooks/payments"
    urls = {Wire.STRIPE: f"{url}/stripe", Wire.PAYSTACK: f"{url}/paystack"}
    with open_shop(stores, system_clock, urls) as shop:
        passwords = Passwords()
        runtime = server.app.state.runtime
        runtime.opened = Platform.on(stores, passwords, tokens, shop.providers)
        yield shop
        passwords.close()
        for provider in shop.providers.values():
            await provider.close()


@pytest.fixture
async def send(server):
    """Sends a body to a provider's address."""
    async with httpx2.AsyncClient(base_url=f"http://{server.address}") as client:

        async def sent(body, headers, provider="stripe"):
            return await client.post(
                f"/webhooks/payments/{provider}", content=body, headers=headers
            )

        yield sent


async def bought(shop, user, provider=STRIPE, key="first-key"):
    begun = await buy_tokens(
        shop.stores,
        shop.providers,
        user_id=user.id,
        amount_azr=parse_azr("40"),
        provider=provider,
        idempotency_key=key,
    )
    return await shop.payment(begun.payment.id)


async def balance(shop, user):
    async with shop.stores.database.read() as session:
        assert await contradictions(session) == []
        return (await session.get_one(User, user.id)).azr_balance


async def until(shop, payment, *states):
    async with asyncio.timeout(20):
        while True:
            if (await shop.payment(payment.id)).state in states:
                return
            await asyncio.sleep(0.02)


def code_of(answer):
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


class TestEvents:
    @pytest.mark.parametrize("provider", [STRIPE, PAYSTACK])
    async def test_come_from_the_provider_itself(self, shop, make, addresses, provider):
        user = await make.user()
        payment = await bought(shop, user, provider)

        async with working(shop, addresses):
            await shop.press(payment.checkout_url, "pay")
            await until(shop, payment, "paid")

        assert await balance(shop, user) == 40

    async def test_credit_once_however_often_and_in_whatever_order_they_come(
        self, shop, make, send, addresses
    ):
        """Fifty deliveries of what three payments, two refunds and a failure make."""
        shop.local.deliveries.urls = {}
        users = [await make.user() for _ in range(3)]
        payments = [await bought(shop, user) for user in users]
        failed = await bought(shop, users[0], key="other-key")
        for payment in payments:
            await shop.press(payment.checkout_url, "pay")
        await shop.press(failed.checkout_url, "decline")
        for payment in payments[:2]:
            await shop.press(payment.checkout_url, "refund")
        told = shop.undelivered()
        deliveries = (told * 9)[:50]
        random.Random(7).shuffle(deliveries)  # noqa: S311  # reproducible

        async with working(shop, addresses):
            answers = await asyncio.gather(
                *(send(body, shop.signed(STRIPE, body)) for body in deliveries)
            )
            for payment in [*payments, failed]:
                await until(shop, payment, "paid", "refunded", "failed")
        # Refunds that came before their payment wait for the clock's command.
        await shop.apply_all()

        assert {answer.status_code for answer in answers} == {200}
        assert len(deliveries) == 50
        assert sorted(await shop.outcomes()) == ["applied"] * 6
        assert [await balance(shop, user) for user in users] == [0, 0, 40]
        states = [(await shop.payment(each.id)).state for each in [*payments, failed]]
        assert states == ["refunded", "refunded", "paid", "failed"]

    async def test_that_are_not_known_are_taken_and_forgotten(self, shop, make, send):
        before = await make.contents()
        body = orjson.dumps({"id": "evt_1", "type": "plan.created", "data": {"object": {}}})

        answer = await send(body, shop.signed(STRIPE, body))

        assert (answer.status_code, answer.json()) == (200, {"received": False})
        assert await make.contents() == before


class TestSignatures:
    async def test_are_those_that_the_library_of_stripe_makes_and_checks(self, shop, send):
        body = b'{"id": "evt_1", "type": "plan.created", "data": {"object": {}}}'
        theirs = stripe.WebhookSignature.generate_signature_header(body.decode(), KEY)
        ours = shop.signed(STRIPE, body)["stripe-signature"]

        assert (await send(body, {"stripe-signature": theirs})).status_code == 200
        assert stripe.WebhookSignature.verify_header(body, ours, KEY, tolerance=300)

    async def test_that_are_wrong_are_refused_and_change_nothing(self, shop, make, send):
        user = await make.user()
        payment = await bought(shop, user)
        shop.local.deliveries.urls = {}
        await shop.press(payment.checkout_url, "pay")
        [body] = shop.undelivered()
        right = shop.signed(STRIPE, body)["stripe-signature"]
        before = await make.contents()
        moment = int(time.time())
        other = stripe.WebhookSignature.generate_signature_header(body.decode(), "another-key")

        for header in (
            "",
            "t=,v1=",
            f"t={moment}",
            f"t={moment},v1={'0' * 64}",
            f"t={moment + 1},{right.partition(',')[2]}",
            right.replace("v1=", "v0="),
            f"{right},t={moment}",
            "t=\N{ARABIC-INDIC DIGIT ONE},v1=0",
            other,
        ):
            answer = await send(body, {"stripe-signature": header.encode()})
            assert code_of(answer) == (400, "BAD_SIGNATURE"), header
        changed = body.replace(b'"amount_received":200', b'"amount_received":201')
        assert changed != body
        assert code_of(await send(changed, {"stripe-signature": right})) == (400, "BAD_SIGNATURE")
        assert await make.contents() == before

        assert (await send(body, {"stripe-signature": right})).status_code == 200
        await shop.apply_all()
        assert await balance(shop, user) == 40

    @pytest.mark.parametrize("seconds", [-301, 302])
    async def test_that_are_old_or_from_the_future_are_refused(self, shop, make, send, seconds):
        before = await make.contents()
        body, moment = b"{}", int(datetime.now(UTC).timestamp()) + seconds
        header = stripe.WebhookSignature.generate_signature_header("{}", KEY, timestamp=moment)

        answer = await send(body, {"stripe-signature": header})

        assert code_of(answer) == (400, "STALE_SIGNATURE")
        assert await make.contents() == before

    async def test_of_another_provider_are_refused(self, shop, send):
        body = b'{"event": "charge.success", "data": {}}'

        answer = await send(body, {"x-paystack-signature": "0" * 128}, "paystack")

        assert code_of(answer) == (400, "BAD_SIGNATURE")


class TestBodies:
    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 1, "type": "refund.created"}'])
    @pytest.mark.parametrize("provider", [STRIPE, PAYSTACK])
    async def test_that_are_no_events_are_refused(self, shop, make, send, body, provider):
        before = await make.contents()

        answer = await send(body, shop.signed(provider, body), provider.value)

        assert code_of(answer) == (400, "UNREADABLE_EVENT")
        assert await make.contents() == before

    @pytest.mark.parametrize("provider", [STRIPE, PAYSTACK])
    async def test_with_malformed_amounts_are_refused(self, shop, make, send, provider):
        """Of what is paid, refunded and disputed: with every amount that is none."""
        payment = await bought(shop, await make.user(), provider)
        before = await make.contents()

        for event in EVENTS[provider]:
            told = event.replace(b"<payment>", str(payment.id).encode())
            for amount in MALFORMED_CENTS[provider]:
                body = told.replace(b"<amount>", amount)
                answer = await send(body, shop.signed(provider, body), provider.value)
                assert code_of(answer) == (400, "UNREADABLE_EVENT"), body
        assert await make.contents() == before

        for event in EVENTS[provider]:
            told = event.replace(b"<payment>", str(payment.id).encode())
            body = told.replace(b"<amount>", b"200")
            answer = await send(body, shop.signed(provider, body), provider.value)
            assert answer.json() == {"received": True}, body

    async def test_that_are_too_large_are_refused_unread(self, shop, send):
        body = b" " * (BYTES_MAX + 1)

        answer = await send(body, shop.signed(STRIPE, body))

        assert code_of(answer) == (413, "PAYLOAD_TOO_LARGE")

    async def test_for_nobody_are_refused(self, shop, send):
        assert code_of(await send(b"{}", {}, "nobody")) == (404, "NOT_FOUND")
