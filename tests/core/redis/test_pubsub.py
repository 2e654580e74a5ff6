"""Signals between processes: each wakes every listener, and none waits for what was missed."""

import asyncio
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace

import pytest

import core.redis.pubsub
from core.redis.client import RedisStore
from core.redis.pubsub import RECONNECT_SECONDS, PubSub

CLOSED = "redis://127.0.0.1:1/0"


@asynccontextmanager
async def running(signals):
    """`signals` as in a process: heard by a task of its own."""
    hearing = asyncio.create_task(signals.run())
    try:
        yield hearing
    finally:
        hearing.cancel()
        with suppress(asyncio.CancelledError):
            await hearing


async def woken(event):
    """Wait until `event` is set, and make it ready for the next time."""
    async with asyncio.timeout(10):
        await event.wait()
    event.clear()


@pytest.fixture
def process(redis_store, addresses):
    """Makes the signals of one more process on the same Redis."""
    return lambda: PubSub(addresses.redis_url, redis_store)


@pytest.fixture
async def store_away():
    store = RedisStore(CLOSED)
    yield store
    await store.close()


class TestPublish:
    async def test_wakes_the_listeners_of_another_process(self, process):
        here, there = process(), process()

        async with running(there), there.listen("stats") as event:
            await woken(event)
            await here.publish("stats")

            await woken(event)

    async def test_wakes_every_listener_of_its_own_process_through_redis(self, process):
        signals = process()

        async with (
            running(signals),
            signals.listen("stats") as first,
            signals.listen("stats") as second,
        ):
            await woken(first)
            await woken(second)
            await signals.publish("stats")

            await woken(first)
            await woken(second)

    async def test_wakes_no_listener_of_another_topic(self, process):
        here, there = process(), process()

        async with (
            running(there),
            there.listen("stats") as stats,
            there.listen("orders") as orders,
        ):
            await woken(stats)
            await woken(orders)
            await here.publish("stats")

            await woken(stats)
            assert not orders.is_set()

    async def test_wakes_the_listeners_of_this_process_without_redis(self, store_away):
        signals = PubSub(CLOSED, store_away)

        async with signals.listen("stats") as event:
            await signals.publish("stats")

            assert event.is_set()


class TestListen:
    async def test_hears_one_signal_for_many_that_it_had_no_time_for(self, store_away):
        signals = PubSub(CLOSED, store_away)

        async with signals.listen("stats") as event:
            for _ in range(100):
                await signals.publish("stats")
            await woken(event)

            assert not event.is_set()

    async def test_leaves_nothing_behind(self, store_away):
        signals = PubSub(CLOSED, store_away)

        async with signals.listen("stats"):
            pass

        assert not signals._listeners


class TestRun:
    async def test_wakes_every_listener_after_a_lost_connection(self, process, lose_connections):
        signals = process()

        async with running(signals), signals.listen("stats") as event:
            await woken(event)
            await lose_connections()

            await woken(event)

    async def test_hears_signals_again_after_a_lost_connection(self, process, lose_connections):
        here, there = process(), process()

        async with running(there), there.listen("stats") as event:
            await woken(event)
            await lose_connections()
            await woken(event)
            await here.publish("stats")

            await woken(event)

    async def test_pauses_longer_from_failure_to_failure(self, store_away, monkeypatch):
        pauses = []

        async def note(seconds):
            pauses.append(seconds)
            if len(pauses) == 7:
                raise KeyboardInterrupt

        monkeypatch.setattr(core.redis.pubsub, "asyncio", SimpleNamespace(sleep=note))
        signals = PubSub(CLOSED, store_away)

        with pytest.raises(KeyboardInterrupt):
            await signals.run()

        assert RECONNECT_SECONDS == (0.1, 0.2, 0.5, 1.0, 2.0)
        assert pauses == [0.1, 0.2, 0.5, 1.0, 2.0, 2.0, 2.0]


class TestChannel:
    async def test_is_of_one_database_of_the_server(self, process, addresses, redis_store):
        server, _, _ = addresses.redis_url.rpartition("/")
        other = PubSub(f"{server}/15", redis_store)
        here = process()
        async with running(here), here.listen("news") as news, here.listen("last") as last:
            await woken(news)
            await woken(last)

            await other.publish("news")
            await process().publish("last")
            await woken(last)

            assert not news.is_set()
