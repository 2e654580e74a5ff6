"""The stores of a process: opened together, or not at all."""

import asyncio

import pytest

from core.clock import system_clock
from core.database import Database
from core.errors import DomainError, StoreUnavailable
from core.mongo import Mongo
from core.redis.client import RedisStore
from core.settings import StoreAddresses
from core.stores import open_stores
from models.documents import DOCUMENTS, Conversation


def noting(closed, close):
    """`close`, with a note of whose it was."""

    async def noted(self):
        closed.append(type(self).__name__)
        await close(self)

    return noted


class TestOpenStores:
    async def test_answers_with_every_store_ready(self, stores):
        await stores.database.check()
        await stores.mongo.check()
        await stores.redis.check()

        assert stores.clock is system_clock
        assert Conversation.get_pymongo_collection().database == stores.mongo.database

    async def test_closes_what_it_opened_when_mongodb_is_away(
        self, addresses, mongo_away, rebound, monkeypatch
    ):
        closed = []
        for kind in (RedisStore, Mongo, Database):
            monkeypatch.setattr(kind, "close", noting(closed, kind.close))
        without_mongo = StoreAddresses(addresses.database_url, mongo_away, addresses.redis_url)

        with pytest.raises(StoreUnavailable) as outage:
            await open_stores(without_mongo, pool_size=1, documents=DOCUMENTS)

        assert outage.value.store == "MongoDB"
        assert closed == ["RedisStore", "Mongo", "Database"]


class TestChange:
    KEY = "user:somebody"

    @pytest.fixture
    async def kept(self, stores):
        """Whether the cache still has what it had before the command."""
        await stores.redis.client.set(self.KEY, b"old")

        async def answered():
            return await stores.redis.client.get(self.KEY) == b"old"

        return answered

    async def test_is_told_after_the_commit(self, stores, kept):
        async with stores.change(keys=[self.KEY]):
            during = await kept()

        assert during
        assert not await kept()

    async def test_is_told_when_the_command_is_cancelled_as_it_commits(self, stores, kept):
        heard = []
        stores.responses.watch(("users",), heard.append)

        async def command():
            async with stores.change(keys=[self.KEY], subjects=["users"]):
                asyncio.current_task().cancel()

        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(command())
        await asyncio.gather(*stores.news)

        assert not await kept()
        assert ("users",) in heard

    async def test_is_told_when_nobody_knows_what_became_of_it(self, stores, kept):
        with pytest.raises(StoreUnavailable):
            async with stores.change(keys=[self.KEY]):
                raise StoreUnavailable("PostgreSQL")

        assert not await kept()

    async def test_is_not_told_of_a_refusal(self, stores, kept):
        with pytest.raises(DomainError):
            async with stores.change(keys=[self.KEY]):
                raise DomainError("no")

        assert await kept()
