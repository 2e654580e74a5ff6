"""Reads of MongoDB: through an index, and no more than is wanted, as the server itself reports."""

from contextlib import asynccontextmanager

import pytest

from models.documents import Conversation
from resolvers.ai.queries import (
    conversation_counts,
    conversations_by_id,
    conversations_of_users,
    messages_by_id,
    messages_of_conversations,
    usage_today,
)
from resolvers.keyset import Page
from services.auth.viewer import Viewer

PROFILE_ALL, PROFILE_NONE = 2, 0


@pytest.fixture
async def talks(make):
    """Three people with two conversations each."""
    people = [await make.user() for _ in range(3)]
    return [await make.conversation(person) for person in people for _ in range(2)]


@pytest.fixture
def signed_in(context, talks):
    context.viewer = Viewer(user_id=talks[0].user_id, session_id=None, roles=frozenset())
    return context


@pytest.fixture
async def profiled(mongo):
    """Runs a read, and answers with how MongoDB carried out each of its commands."""

    @asynccontextmanager
    async def profiling():
        await mongo.database.command("profile", PROFILE_ALL)
        try:
            yield
        finally:
            await mongo.database.command("profile", PROFILE_NONE)

    async def run(read):
        async with profiling():
            await read
        namespace = f"{mongo.database.name}.conversations"
        found = await mongo.database["system.profile"].find({"ns": namespace}).to_list()
        assert found
        return found

    yield run
    await mongo.database["system.profile"].drop()


def user_ids(talks):
    return [talk.user_id for talk in talks[:4:2]]


READS = {
    "conversations by id": lambda context, talks: conversations_by_id(context, [talks[0].id]),
    "conversations of users": lambda context, talks: conversations_of_users(
        context, user_ids(talks), Page()
    ),
    "conversation counts": lambda context, talks: conversation_counts(context, user_ids(talks)),
    "messages of conversations": lambda context, talks: messages_of_conversations(
        context, [talk.id for talk in talks[:2]], Page()
    ),
    "messages by id": lambda context, talks: messages_by_id(context, [talks[0].messages[0].id]),
    "usage today": lambda context, talks: usage_today(context, user_ids(talks)),
}


PROJECTIONS = {
    "conversations by id": (
        lambda context, talks: conversations_by_id(context, [talks[0].id], frozenset({"title"})),
        {"_id", "userId", "title"},
    ),
    "conversations of users": (
        lambda context, talks: conversations_of_users(
            context, user_ids(talks), Page(), frozenset({"cost"})
        ),
        {"_id", "userId", "timestamp", "cost"},
    ),
    "messages of conversations": (
        lambda context, talks: messages_of_conversations(
            context, [talks[0].id], Page(), frozenset({"role"})
        ),
        {"userId", "messages.id", "messages.role"},
    ),
}


class TestReads:
    @pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
    async def test_go_through_an_index(self, signed_in, talks, profiled, read):
        commands = await profiled(read(signed_in, talks))

        summaries = [command["planSummary"] for command in commands]
        assert len(summaries) == 1
        assert "IXSCAN" in summaries[0]
        assert "COLLSCAN" not in summaries[0]

    @pytest.mark.parametrize("side", ["after", "before"])
    async def test_of_a_page_behind_a_cursor_go_through_an_index(
        self, signed_in, talks, profiled, side
    ):
        (slice_,) = await conversations_of_users(signed_in, [talks[0].user_id], Page(first=1))
        cursor = slice_.order.cursor(slice_.rows[0])

        commands = await profiled(
            conversations_of_users(signed_in, [talks[0].user_id], Page(**{side: cursor}))
        )

        assert commands[-1]["planSummary"].startswith("IXSCAN { userId: 1, timestamp: -1, _id: -1")

    async def test_of_one_persons_conversations_examine_nobody_elses(
        self, signed_in, talks, profiled
    ):
        (command,) = await profiled(conversations_of_users(signed_in, [talks[0].user_id], Page()))

        assert command["docsExamined"] == 2
        assert await Conversation.get_pymongo_collection().count_documents({}) == 6

    @pytest.mark.parametrize(("read", "fields"), PROJECTIONS.values(), ids=PROJECTIONS)
    async def test_fetch_the_columns_that_are_wanted(
        self, signed_in, talks, profiled, read, fields
    ):
        (profile,) = await profiled(read(signed_in, talks))

        command = profile["command"]
        projection = command.get("projection") or command["pipeline"][1]["$project"]
        assert set(projection) == fields
