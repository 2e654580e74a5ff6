"""People by id: through Redis, and what the process has read a moment ago without it."""

import asyncio
from dataclasses import replace

import pytest

from core.recent import RecentValues
from core.redis.pubsub import PubSub
from core.redis.responses import SharedResponses
from models.cache import user_key
from resolvers.context import Platform
from resolvers.users.queries import users_by_id
from services.auth.viewer import Viewer
from services.users.profiles import update_profile

PATIENCE_SECONDS = 15


@pytest.fixture
def platform(stores, tokens):
    """A process that hears nothing, so that no other test disturbs what it remembers."""
    people = RecentValues(may_recall=lambda: True)
    return Platform(stores, None, tokens, None, people, {})


@pytest.fixture
async def hearing(stores, tokens):
    """A process that hears of what others change."""
    platform = Platform.on(stores, None, tokens)
    task = asyncio.create_task(platform.run())
    async with asyncio.timeout(5):
        while not stores.signals.is_hearing:  # noqa: ASYNC110  # nobody signals it
            await asyncio.sleep(0.01)
    yield platform
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def names(platform, *users, viewer=Viewer.ANONYMOUS):
    """The full names of people, as one viewer reads them."""
    context = platform.context(viewer=viewer, request_id="test")
    rows = await context.loader(users_by_id).load_all([user.id for user in users])
    return [row.full_name for row in rows]


async def rename_past_caches(stores, user, name):
    """Write to PostgreSQL and Redis as if no process were to hear of it."""
    await stores.cache.forget(user_key(user.id))
    async with stores.database.transaction() as session:
        (await session.get(type(user), user.id)).full_name = name


@pytest.fixture
async def ama(make):
    return await make.user(full_name="Ama")


class TestUsersById:
    async def test_are_remembered_for_a_moment(self, platform, ama, stores):
        first = await names(platform, ama)
        await rename_past_caches(stores, ama, "Abena")

        assert first == await names(platform, ama) == ["Ama"]

    async def test_are_read_anew_for_themselves(self, platform, ama, stores):
        await names(platform, ama)
        await rename_past_caches(stores, ama, "Abena")

        assert await names(platform, ama, viewer=Viewer(user_id=ama.id)) == ["Abena"]

    async def test_show_what_was_written_since(self, hearing, ama, stores):
        await names(hearing, ama)

        await update_profile(stores, user_id=ama.id, changes={"full_name": "Abena"})

        assert await names(hearing, ama) == ["Abena"]

    async def test_show_what_another_process_wrote(
        self, hearing, ama, stores, addresses, monkeypatch
    ):
        monkeypatch.setattr("core.recent.KEPT_SECONDS", float("inf"))
        await names(hearing, ama)
        signals = PubSub(addresses.redis_url, stores.redis)
        other = replace(stores, signals=signals, responses=SharedResponses(stores.redis, signals))

        await update_profile(other, user_id=ama.id, changes={"full_name": "Abena"})

        async with asyncio.timeout(PATIENCE_SECONDS):
            while await names(hearing, ama) != ["Abena"]:
                # On a busy machine Redis may have been too slow to take the news.
                await other.responses.announce()
                await asyncio.sleep(0.05)
