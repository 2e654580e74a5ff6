"""Wallets and the price of AZR, live, from any process to any process."""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

import resolvers.live
from core.ids import encode_id
from core.redis.cache import Cache
from core.redis.pubsub import PubSub
from models.tables import Role
from models.topics import balance_topic
from services.auth.viewer import Viewer
from services.tokens.expiring import expire_due_holds
from tests.services.ledger.bank import Bank
from tests.subgraphs.refusals import GONE

WALLET = "subscription { balanceChanged { balance available isFrozen } }"
PRICE = "subscription { tokenPrice { usd } }"
PATIENCE_SECONDS = 10


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """Lets streams go on after each event."""

    async def sleep(_seconds):
        return

    stand_in = type("Asyncio", (), {"sleep": staticmethod(sleep)})
    monkeypatch.setattr(resolvers.live, "asyncio", stand_in)


@pytest.fixture
async def hearing(platform, stores):
    """The platform, hearing the signals of others."""
    task = asyncio.ensure_future(platform.run())
    async with stores.signals.listen("ready") as heard:
        while not heard.is_set():
            await stores.signals.publish("ready")
            with suppress(TimeoutError):
                await asyncio.wait_for(heard.wait(), 0.05)
    yield platform
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
def watched(graph, hearing):
    """Subscribe: the stream of results."""

    def subscribed(document, viewer=Viewer.ANONYMOUS):
        operation = graph.prepare(document, operation_name=None, variables={})
        return graph.subscribe(operation, hearing.context(viewer=viewer, request_id="test"))

    return subscribed


@pytest.fixture
def elsewhere(graph, platform, addresses, stores):
    """Runs an operation in another process: with signals of its own on the same Redis."""
    signals = PubSub(addresses.redis_url, stores.redis)
    own = replace(stores, signals=signals, cache=Cache(stores.redis))
    process = replace(platform, stores=own)

    async def run(document, viewer):
        operation = graph.prepare(document, operation_name=None, variables={})
        result = await graph.execute(operation, process.context(viewer=viewer, request_id="test"))
        assert result.errors is None

    return run


async def following(stream, name):
    """The next event."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        result = await anext(stream)
    assert result.errors is None
    return result.data[name]


async def refusal(stream):
    """The code that a subscription ends with."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        (result,) = [each async for each in stream]
    return [error["extensions"]["code"] for error in result.errors]


class TestBalanceChanged:
    async def test_says_the_wallet_at_once_and_follows_it(self, make, watched, elsewhere):
        person = await make.user(azr_balance=10)
        admin = make.viewer(await make.user(Role.ADMIN))
        id_ = encode_id("usr", person.id)
        freeze = f'freezeWallet(input: {{userId: "{id_}", reason: "Why"}})'

        async with aclosing(watched(WALLET, make.viewer(person))) as stream:
            first = await following(stream, "balanceChanged")
            await elsewhere(f"mutation {{ {freeze} {{ __typename }} }}", admin)
            second = await following(stream, "balanceChanged")

        balance = {"balance": "10.00000000", "available": "10.00000000"}
        assert first == {**balance, "isFrozen": False}
        assert second == {**balance, "isFrozen": True}

    @pytest.mark.parametrize(("side", "left"), [("sender", "7"), ("recipient", "3")])
    async def test_follows_transfers_on_both_sides(self, make, watched, elsewhere, side, left):
        people = {"sender": await make.user(azr_balance=10), "recipient": await make.user()}
        to = f'to: {{handle: "{people["recipient"].handle}"}}'
        send = f'transferTokens(input: {{{to}, amount: "3", idempotencyKey: "transfer-1"}})'

        async with aclosing(watched(WALLET, make.viewer(people[side]))) as stream:
            await following(stream, "balanceChanged")
            sender = make.viewer(people["sender"])
            await elsewhere(f"mutation {{ {send} {{ __typename }} }}", sender)
            second = await following(stream, "balanceChanged")

        assert second["balance"] == f"{left}.00000000"

    async def test_tells_what_is_available_again_when_a_hold_expires(
        self, make, watched, hearing, database
    ):
        bank = Bank(database)
        person, other = [await make.user(azr_balance=10) for _ in range(2)]
        await bank.reserve(person.id, 4, timedelta(0))
        await bank.reserve(other.id, 1)

        async with aclosing(watched(WALLET, make.viewer(person))) as stream:
            held = await following(stream, "balanceChanged")
            expired = await expire_due_holds(hearing.stores)
            freed = await following(stream, "balanceChanged")

        assert (held["available"], freed["available"]) == ("6.00000000", "10.00000000")
        assert (expired, await expire_due_holds(hearing.stores)) == (1, 0)

    async def test_is_told_to_nobody_else_when_a_hold_expires(self, make, hearing, database):
        bank, person, other = Bank(database), await make.user(azr_balance=10), await make.user()
        await bank.reserve(person.id, 4, timedelta(0))

        async with (
            hearing.stores.signals.listen(balance_topic(person.id)) as heard,
            hearing.stores.signals.listen(balance_topic(other.id)) as unheard,
        ):
            await expire_due_holds(hearing.stores)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await heard.wait()

        assert not unheard.is_set()

    @pytest.mark.parametrize("viewer", [Viewer.ANONYMOUS, GONE])
    async def test_needs_an_account(self, watched, viewer):
        assert await refusal(watched(WALLET, viewer)) == ["UNAUTHENTICATED"]

    async def test_leaves_no_listener_when_its_reader_leaves(self, make, watched, stores):
        stream = watched(WALLET, make.viewer(await make.user()))
        await following(stream, "balanceChanged")
        listening = len(stores.signals._listeners)

        await stream.aclose()

        assert listening == 1
        assert dict(stores.signals._listeners) == {}


class TestTokenPrice:
    async def test_says_the_price_at_once_and_follows_it(self, make, watched, elsewhere):
        admin = make.viewer(await make.user(Role.ADMIN))

        async with aclosing(watched(PRICE)) as stream:
            prices = [await following(stream, "tokenPrice")]
            for usd in ("0.05", "0.06"):
                post = f'postTokenPrice(input: {{usd: "{usd}", reason: "Why"}})'
                await elsewhere(f"mutation {{ {post} {{ __typename }} }}", admin)
                prices.append(await following(stream, "tokenPrice"))

        assert prices == [None, {"usd": "0.05000000"}, {"usd": "0.06000000"}]
