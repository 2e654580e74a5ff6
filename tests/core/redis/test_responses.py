"""Responses that workers share: found while nothing has changed, never after a write."""

import asyncio
from contextlib import asynccontextmanager

import pytest

import core.redis.responses
from core.redis.client import RedisStore
from core.redis.pubsub import PubSub
from core.redis.responses import AWAY, STORED_BYTES_MAX, SharedResponses

ABOUT = ("services", "users")


@pytest.fixture
def make_responses(redis_store, addresses):
    """Makes what one more process holds, on the same Redis."""
    return lambda: SharedResponses(redis_store, PubSub(addresses.redis_url, redis_store))


@pytest.fixture
def responses(make_responses):
    return make_responses()


@pytest.fixture
async def store_away():
    store = RedisStore("redis://127.0.0.1:1/0")
    yield store
    await store.close()


async def stored(responses, body=b"answer", *, key="k", about=ABOUT, seconds=60):
    """Store as a worker does that has just loaded."""
    found = await responses.read(key, about)
    await responses.store(key, body, generations=found.generations, seconds=seconds)
    return found


class TestRead:
    async def test_finds_what_another_worker_stored(self, make_responses) -> None:
        await stored(make_responses())

        found = await make_responses().read("k", ABOUT)

        assert found.body == b"answer"
        assert 55 < found.seconds_left <= 60

    async def test_finds_nothing_at_first_and_says_the_generations(self, responses) -> None:
        first, second = await responses.read("k", ABOUT), await responses.read("k", ABOUT)

        assert first.body is None
        assert len(first.generations) == 16
        assert first.generations == second.generations

    async def test_finds_what_is_about_nothing_until_it_expires(self, responses) -> None:
        await stored(responses, about=())

        assert (await responses.read("k", ())).body == b"answer"

    async def test_keeps_no_response_forever(self, responses, redis_store) -> None:
        await stored(responses)

        assert 55 < await redis_store.client.ttl("response:k") <= 60

    async def test_stores_nothing_large(self, responses) -> None:
        await stored(responses, b"x" * (STORED_BYTES_MAX + 1))

        assert (await responses.read("k", ABOUT)).body is None

    async def test_stores_so_many_bytes_a_minute_only(
        self, redis_store, addresses, monkeypatch
    ) -> None:
        monkeypatch.setattr(core.redis.responses, "MINUTE_BYTES_MAX", 10)
        now = 100.0
        signals = PubSub(addresses.redis_url, redis_store)
        responses = SharedResponses(redis_store, signals, monotonic=lambda: now)

        await stored(responses, b"x" * 10, key="first")
        now += 59
        await stored(responses, b"x", key="second")
        now += 1
        await stored(responses, b"x", key="third")

        found = [(await responses.read(key, ABOUT)).body for key in ("first", "second", "third")]
        assert found == [b"x" * 10, None, b"x"]

    async def test_does_not_believe_a_response_that_outlived_its_generations(
        self, responses, redis_store
    ) -> None:
        await stored(responses)
        await redis_store.client.delete("generation:users")

        assert (await responses.read("k", ABOUT)).body is None

    async def test_does_without_redis(self, store_away) -> None:
        responses = SharedResponses(store_away, PubSub("redis://127.0.0.1:1/0", store_away))
        await responses.store("k", b"answer", generations=b"", seconds=60)

        assert await responses.read("k", ABOUT) == AWAY


class TestAnnounce:
    async def test_makes_responses_about_a_subject_old(self, make_responses) -> None:
        here, there = make_responses(), make_responses()
        await stored(there)
        await stored(there, key="other", about=["courses"])
        await here.announce("users", "stats")

        assert (await there.read("k", ABOUT)).body is None
        assert (await there.read("other", ["courses"])).body == b"answer"

    async def test_is_not_undone_by_a_load_from_before(self, make_responses) -> None:
        here, there = make_responses(), make_responses()
        before = await there.read("k", ABOUT)
        await here.announce("users")
        await there.store("k", b"old", generations=before.generations, seconds=60)

        assert (await there.read("k", ABOUT)).body is None

    async def test_tells_its_own_process_at_once_and_once_more_at_the_end(self, responses) -> None:
        heard = []
        responses.watch(("users", "stats"), heard.append)
        await responses.announce("users")

        assert heard == [("users",), ("users",)]

    async def test_tells_the_others(self, make_responses) -> None:
        here, there = make_responses(), make_responses()
        heard: asyncio.Queue = asyncio.Queue()
        there.watch(ABOUT, heard.put_nowait)
        async with hearing(there):
            # Whatever happened before it listened may have changed anything.
            assert {await heard.get(), await heard.get()} == {("services",), ("users",)}
            await here.announce("users", "stats")

            assert await heard.get() == ("users",)
            assert heard.empty()

    async def test_tells_everything_after_a_lost_connection(
        self, make_responses, lose_connections
    ) -> None:
        there = make_responses()
        heard: asyncio.Queue = asyncio.Queue()
        there.watch(ABOUT, heard.put_nowait)
        async with hearing(there):
            await heard.get()
            await heard.get()
            await lose_connections()

            assert {await heard.get(), await heard.get()} == {("services",), ("users",)}

    async def test_is_made_up_for_when_redis_is_back(self, make_responses, redis_store) -> None:
        here, there = make_responses(), make_responses()
        await stored(there)
        redis_store._resting_until = float("inf")
        heard = []
        here.watch((), heard.append)
        await here.announce("users")
        assert heard == [("users",), ("users",)]
        assert await here.read("k", ABOUT) == AWAY
        redis_store._resting_until = 0.0

        assert (await here.read("k", ABOUT)).body is None
        assert (await there.read("k", ABOUT)).body is None


@asynccontextmanager
async def hearing(responses):
    task = asyncio.create_task(responses._signals.run())
    try:
        async with asyncio.timeout(15):
            yield
    finally:
        task.cancel()
        await asyncio.wait([task])
