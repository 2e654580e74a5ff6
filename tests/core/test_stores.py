"""The stores of a process: opened together, or not at all."""

import pytest

from core.clock import system_clock
from core.database import Database
from core.errors import StoreUnavailable
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
