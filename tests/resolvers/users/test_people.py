"""People by id: through Redis, and what the process has read a moment ago without it."""

import asyncio
from dataclasses import replace

import pytest

from core.redis.pubsub import PubSub
from core.redis.responses import SharedResponses
from models.cache import user_key
from resolvers.context import Platform
from resolvers.users.queries import users_by_id
from services.auth.viewer import Viewer
from services.users.profiles import update_profile


@pytest.fixture
async def platform(stores, tokens):
    """A process that hears of what others change."""
    platform = Platform.on(stores, None, tokens)
    hearing = asyncio.create_task(platform.run())
    async with asyncio.timeout(5):
        while not stores.signals.is_hearing:  # noqa: ASYNC110  # nobody signals it
            await asyncio.sleep(0.01)
    yield platform
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)


@pytest.fixture
def names(platform):
    """The full names of people, as one viewer reads them."""

    async def read(*users, viewer=Viewer.ANONYMOUS):
        context = platform.context(viewer=viewer, request_id="test")
        rows = await context.loader(users_by_id).load_all([user.id for user in users])
        return [row.full_name for row in rows]

    return read


@pytest.fixture
async def ama(make):
    return await make.user(full_name="Ama")


class TestUsersById:
    async def test_asks_redis_once_for_those_who_are_read_again(self, names, ama, stores):
        first = await names(ama)
        await stores.redis.client.delete(user_key(ama.id))
        async with stores.database.transaction() as session:
            user = await session.get(type(ama), ama.id)
            user.full_name = "written past the caches"

        assert first == await names(ama) == ["Ama"]

    async def test_shows_what_was_written_since(self, names, ama, stores):
        await names(ama)

        await update_profile(stores, user_id=ama.id, changes={"full_name": "Abena"})

        assert await names(ama) == ["Abena"]

    async def test_shows_what_another_process_wrote_since(self, names, ama, stores, addresses):
        await names(ama)
        told = asyncio.Event()
        stores.responses.watch(("users",), lambda _: told.set())
        signals = PubSub(addresses.redis_url, stores.redis)
        other = replace(stores, signals=signals, responses=SharedResponses(stores.redis, signals))

        await update_profile(other, user_id=ama.id, changes={"full_name": "Abena"})
        async with asyncio.timeout(5):
            await told.wait()

        assert await names(ama) == ["Abena"]

    async def test_reads_viewers_themselves_from_redis(self, names, ama, stores):
        await names(ama)
        await stores.cache.forget(user_key(ama.id))
        async with stores.database.transaction() as session:
            user = await session.get(type(ama), ama.id)
            user.full_name = "Abena"

        assert await names(ama) == ["Ama"]
        assert await names(ama, viewer=Viewer(user_id=ama.id)) == ["Abena"]
