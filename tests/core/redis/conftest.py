"""A store with patience: what is tested here must not depend on how busy the machine is."""

import pytest

import core.redis.client
from core.redis.client import RedisStore

PATIENCE_SECONDS = 15.0


@pytest.fixture
async def redis_store(stores, addresses, monkeypatch):
    """A store of the test's own, on the session's Redis."""
    for name in ("HOT_PATH_SECONDS", "CONNECT_SECONDS", "CONNECTION_WAIT_SECONDS"):
        monkeypatch.setattr(core.redis.client, name, PATIENCE_SECONDS)
    store = RedisStore(addresses.redis_url)
    yield store
    await store.close()


@pytest.fixture
def lose_connections(redis_store):
    """Has Redis end the connections that hear signals, of this test's database alone."""

    async def lose():
        own = str(redis_store.client.connection_pool.connection_kwargs["db"])
        hearing = await redis_store.client.client_list(_type="pubsub")
        ids = [client["id"] for client in hearing if client["db"] == own]
        killed = [await redis_store.client.client_kill_filter(_id=each) for each in ids]
        assert killed == [1]

    return lose
