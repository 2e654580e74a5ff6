"""Redis on the hot path: one attempt, a short wait, and a rest after a failure."""

import asyncio

import pytest

from core.errors import StoreUnavailable
from core.redis.client import CONNECTIONS_MAX, RedisStore, hot_path_client

CLOSED = "redis://127.0.0.1:1/0"


class Seconds:
    """A monotonic clock that a test sets."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
async def stuck(silent_server):
    """A store on a server that never answers, and its clock."""
    seconds = Seconds()
    store = RedisStore(f"redis://127.0.0.1:{silent_server.port}/0", monotonic=seconds)
    yield store, seconds
    await store.close()


def ping(redis):
    return redis.ping()


class TestHotPathClient:
    async def test_waits_a_tenth_of_a_second_and_never_tries_again(self):
        client = hot_path_client(CLOSED)

        options = client.connection_pool.connection_kwargs

        assert options["socket_timeout"] == 0.1
        assert options["socket_connect_timeout"] == 0.25
        assert options["retry"].get_retries() == 0
        await client.aclose()


class TestRun:
    async def test_answers_what_redis_answers(self, redis_store):
        await redis_store.run(lambda redis: redis.set("k", "v"))

        found = await redis_store.run(lambda redis: redis.get("k"))

        assert found == b"v"

    async def test_is_an_outage_when_nothing_listens(self):
        store = RedisStore(CLOSED)

        with pytest.raises(StoreUnavailable) as outage:
            await store.run(ping)

        assert outage.value.store == "Redis"
        await store.close()

    async def test_tries_a_server_that_never_answers_once(self, stuck, silent_server):
        store, _ = stuck

        with pytest.raises(StoreUnavailable):
            await store.run(ping)

        assert silent_server.connections == 1

    async def test_leaves_redis_alone_for_a_second_after_a_failure(self, stuck, silent_server):
        store, seconds = stuck
        with pytest.raises(StoreUnavailable):
            await store.run(ping)
        seconds.now += 0.999

        for _ in range(100):
            with pytest.raises(StoreUnavailable):
                await store.run(ping)

        assert silent_server.connections == 1

    async def test_tries_again_after_its_rest(self, stuck, silent_server):
        store, seconds = stuck
        with pytest.raises(StoreUnavailable):
            await store.run(ping)
        seconds.now += 1.0

        with pytest.raises(StoreUnavailable):
            await store.run(ping)

        assert silent_server.connections == 2

    async def test_works_again_once_redis_is_back(self, redis_store):
        seconds = redis_store._monotonic = Seconds()

        async def broken(redis):
            raise ConnectionResetError

        with pytest.raises(StoreUnavailable):
            await redis_store.run(broken)
        seconds.now += 1.0

        assert await redis_store.run(ping) is True

    async def test_serves_a_rush_of_more_commands_than_it_has_connections(self, redis_store):
        rush = [redis_store.run(ping) for _ in range(10 * CONNECTIONS_MAX)]

        found = await asyncio.gather(*rush)

        assert found == [True] * 10 * CONNECTIONS_MAX

    async def test_lets_mistakes_of_its_caller_through(self, redis_store):
        async def wrong(redis):
            raise KeyError

        with pytest.raises(KeyError):
            await redis_store.run(wrong)

        assert await redis_store.run(ping) is True


class TestCheck:
    async def test_returns_while_redis_answers(self, redis_store):
        await redis_store.check()

    async def test_asks_even_during_a_rest(self, stuck, silent_server):
        store, _ = stuck
        with pytest.raises(StoreUnavailable):
            await store.run(ping)

        with pytest.raises(StoreUnavailable):
            await store.check()

        assert silent_server.connections == 2
