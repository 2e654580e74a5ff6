"""MongoDB documents: the blueprint's fields, and the indexes that the reads need."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from bson import Decimal128
from pydantic import ValidationError

from core.ids import new_id
from models.documents import Conversation, Event, Message, MessageRole

NOW = datetime(2026, 11, 22, 18, 45, tzinfo=UTC)
# Blueprint 4.3.
CONVERSATION_FIELDS = {"userId", "model", "messages", "tokens", "cost", "timestamp"}
EVENT_FIELDS = {"type", "page", "userId", "metadata", "timestamp"}


def conversation(**values):
    made = {
        "user_id": new_id(),
        "model": "claude",
        "title": "A question",
        "messages": [Message(role=MessageRole.USER, content="Why?", tokens=3, timestamp=NOW)],
        "tokens": 3,
        "cost": Decimal("0.0234"),
        "timestamp": NOW,
    }
    return Conversation(**{**made, **values})


async def kept(document):
    """The document as MongoDB has it."""
    return await type(document).get_pymongo_collection().find_one({"_id": document.id})


class TestConversation:
    async def test_is_kept_under_the_blueprints_names(self, stores):
        talk = await conversation().insert()

        found = await kept(talk)

        assert set(found) == {"_id", "title", *CONVERSATION_FIELDS}
        assert found["cost"] == Decimal128("0.0234")
        assert set(found["messages"][0]) == {"id", "role", "content", "tokens", "timestamp"}

    async def test_comes_back_as_it_was(self, stores):
        talk = await conversation().insert()

        found = await Conversation.get(talk.id)

        assert found == talk
        assert found.cost == Decimal("0.0234")
        assert found.timestamp.utcoffset() == NOW.utcoffset()

    async def test_has_the_indexes_that_its_reads_need(self, stores):
        found = await Conversation.get_pymongo_collection().index_information()

        assert {name: index["key"] for name, index in found.items()} == {
            "_id_": [("_id", 1)],
            "by_user_newest": [("userId", 1), ("timestamp", -1), ("_id", -1)],
            "by_user_message_time": [("userId", 1), ("messages.timestamp", -1)],
            "by_message": [("messages.id", 1)],
        }

    @pytest.mark.parametrize("values", [{"tokens": -1}, {"cost": "NaN"}, {"cost": "much"}])
    def test_refuses_values_that_make_no_sense(self, values):
        with pytest.raises(ValidationError):
            conversation(**values)


class TestMessage:
    @pytest.mark.parametrize("values", [{"tokens": -1}, {"role": "system"}, {"content": None}])
    def test_refuses_values_that_make_no_sense(self, values):
        made = {"role": "user", "content": "", "tokens": 0, "timestamp": NOW}

        with pytest.raises(ValidationError):
            Message(**{**made, **values})


class TestEvent:
    async def test_is_kept_under_the_blueprints_names(self, stores):
        event = Event(
            type="page_view", page="/landing", user_id=new_id(), metadata={"a": 1}, timestamp=NOW
        )
        await event.insert()

        found = await kept(event)

        assert set(found) == {"_id", *EVENT_FIELDS}

    async def test_may_be_of_a_visitor_without_an_account(self, stores):
        event = await Event(type="page_view", page="/", metadata={}, timestamp=NOW).insert()

        found = await Event.get(event.id)

        assert found.user_id is None

    async def test_has_the_indexes_that_its_reads_need(self, stores):
        found = await Event.get_pymongo_collection().index_information()

        assert {name: index["key"] for name, index in found.items()} == {
            "_id_": [("_id", 1)],
            "by_type_newest": [("type", 1), ("timestamp", -1)],
            "by_user_newest": [("userId", 1), ("timestamp", -1)],
        }


class TestKeys:
    def test_are_of_version_seven(self):
        talk = conversation()
        event = Event(type="page_view", page="/", metadata={}, timestamp=NOW)

        assert [talk.id.version, talk.messages[0].id.version, event.id.version] == [7, 7, 7]
