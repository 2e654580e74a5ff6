"""MongoDB: outages have a name, and are noticed before a reader has left."""

import pymongo
import pytest
from pymongo.errors import DuplicateKeyError

from core.errors import StoreUnavailable
from core.mongo import Mongo
from models.documents import DOCUMENTS, Conversation


@pytest.fixture
async def away(mongo_away):
    mongo = Mongo(mongo_away)
    yield mongo
    await mongo.close()


class TestMongo:
    async def test_answers_while_mongodb_does(self, mongo):
        await mongo.check()

    async def test_uses_the_database_of_the_address_and_azora_without_one(self, mongo, away):
        bare = Mongo("mongodb://127.0.0.1:1")

        names = [each.database.name for each in (away, bare)]

        assert names == ["azora", "azora"]
        assert mongo.database.name.startswith("azora_")
        await bare.close()

    async def test_is_an_outage_when_nothing_listens(self, away):
        with pytest.raises(StoreUnavailable) as outage:
            await away.check()

        assert outage.value.store == "MongoDB"

    async def test_cannot_bind_documents_when_nothing_listens(self, away, rebound):
        with pytest.raises(StoreUnavailable):
            await away.bind(DOCUMENTS)

    async def test_gives_up_soon_at_each_step_of_an_operation(self, mongo):
        options = mongo.client.options

        assert options.server_selection_timeout == 0.5
        assert options.pool_options.connect_timeout == 0.5
        assert options.pool_options.wait_queue_timeout == 2.0
        assert options.pool_options.socket_timeout == 5.0
        assert options.timeout is None


class TestReading:
    async def test_names_an_operation_that_takes_too_long(self, mongo, make):
        await make.conversation(await make.user())
        endless = Conversation.get_pymongo_collection().find({"$where": "while (true) {}"})

        async def read():
            async with mongo.reading():
                with pymongo.timeout(0.05):
                    await endless.to_list()

        with pytest.raises(StoreUnavailable) as outage:
            await read()

        assert outage.value.store == "MongoDB"

    async def test_leaves_other_failures_as_they_are(self, mongo, make):
        kept = await make.conversation(await make.user())

        with pytest.raises(DuplicateKeyError):
            async with mongo.reading():
                await Conversation.get_pymongo_collection().insert_one({"_id": kept.id})
