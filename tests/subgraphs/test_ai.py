"""Conversations, messages and usage through the graph."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.ids import encode_id
from models.documents import Message, MessageRole
from tests.subgraphs.world import shown_time

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


def conversation_ids(result):
    """The ids on a page of `conversations`."""
    return [node["id"] for node in result.data["conversations"]["nodes"]]


def message(tokens, timestamp):
    return Message(role=MessageRole.USER, content="?", tokens=tokens, timestamp=timestamp)


class TestConversations:
    async def test_have_every_field(self, ask, make):
        user = await make.user()
        conversation = await make.conversation(user, model="gpt", cost=Decimal("0.00120000"))
        first, second = conversation.messages

        result = await ask(
            """{ conversations { totalCount nodes {
                id title model tokens cost createdAt owner { id email }
                messages { totalCount nodes {
                    id role content tokens createdAt conversation { id }
                } }
            } } }""",
            make.viewer(user),
        )

        id_ = encode_id("cnv", conversation.id)
        began = shown_time(conversation.timestamp)
        assert result.body() == {
            "data": {
                "conversations": {
                    "totalCount": 1,
                    "nodes": [
                        {
                            "id": id_,
                            "title": "A question",
                            "model": "gpt",
                            "tokens": 20,
                            "cost": "0.00120000",
                            "createdAt": began,
                            "owner": {"id": encode_id("usr", user.id), "email": user.email},
                            "messages": {
                                "totalCount": 2,
                                "nodes": [
                                    {
                                        "id": encode_id("msg", first.id),
                                        "role": "USER",
                                        "content": "Turn 0",
                                        "tokens": 10,
                                        "createdAt": began,
                                        "conversation": {"id": id_},
                                    },
                                    {
                                        "id": encode_id("msg", second.id),
                                        "role": "ASSISTANT",
                                        "content": "Turn 1",
                                        "tokens": 10,
                                        "createdAt": began,
                                        "conversation": {"id": id_},
                                    },
                                ],
                            },
                        }
                    ],
                }
            }
        }

    async def test_are_the_viewers_own_newest_first_page_by_page(self, ask, make):
        user, other = await make.user(), await make.user()
        made = [encode_id("cnv", (await make.conversation(user)).id) for _ in range(5)]
        await make.conversation(other)
        document = """query ($after: String, $before: String, $first: Int, $last: Int) {
            conversations(first: $first, after: $after, last: $last, before: $before) {
                totalCount nodes { id }
                pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
            }
        }"""
        viewer = make.viewer(user)

        first = await ask(document, viewer, first=2)
        end = first.data["conversations"]["pageInfo"]["endCursor"]
        second = await ask(document, viewer, first=2, after=end)
        start = second.data["conversations"]["pageInfo"]["startCursor"]
        back = await ask(document, viewer, last=2, before=start)
        oldest = await ask(document, viewer, last=1)

        assert conversation_ids(first) == [made[4], made[3]]
        assert conversation_ids(second) == [made[2], made[1]]
        assert conversation_ids(back) == conversation_ids(first)
        assert conversation_ids(oldest) == [made[0]]
        assert first.data["conversations"]["totalCount"] == 5
        assert second.data["conversations"]["pageInfo"]["hasNextPage"] is True
        assert second.data["conversations"]["pageInfo"]["hasPreviousPage"] is True
        assert oldest.data["conversations"]["pageInfo"]["hasNextPage"] is False

    async def test_are_told_apart_by_id_when_they_began_together(self, ask, make):
        user = await make.user()
        made = [
            encode_id("cnv", (await make.conversation(user, timestamp=MIDNIGHT)).id)
            for _ in range(3)
        ]
        document = """query ($after: String) { conversations(first: 2, after: $after) {
            nodes { id } pageInfo { endCursor }
        } }"""

        first = await ask(document, make.viewer(user))
        end = first.data["conversations"]["pageInfo"]["endCursor"]
        second = await ask(document, make.viewer(user), after=end)

        assert conversation_ids(first) + conversation_ids(second) == sorted(made, reverse=True)

    async def test_need_a_sign_in(self, ask):
        result = await ask("{ conversations { totalCount } }")

        assert result.data == {"conversations": None}
        assert [error["extensions"] for error in result.errors] == [{"code": "UNAUTHENTICATED"}]

    async def test_are_none_at_first(self, ask, make):
        result = await ask(
            "{ conversations { totalCount nodes { id } pageInfo { endCursor hasNextPage } } }",
            make.viewer(await make.user()),
        )

        assert result.body() == {
            "data": {
                "conversations": {
                    "totalCount": 0,
                    "nodes": [],
                    "pageInfo": {"endCursor": None, "hasNextPage": False},
                }
            }
        }


class TestMessages:
    DOCUMENT = """query ($first: Int, $last: Int, $after: String, $before: String) {
        conversations { nodes {
            messages(first: $first, last: $last, after: $after, before: $before) {
                totalCount nodes { content }
                pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
            }
        } }
    }"""

    @pytest.mark.parametrize(
        ("page", "expected", "has_previous", "has_next"),
        [
            ({}, [0, 1, 2, 3, 4], False, False),
            ({"first": 2}, [0, 1], False, True),
            ({"first": 5}, [0, 1, 2, 3, 4], False, False),
            ({"first": 0}, [], False, True),
            ({"last": 2}, [3, 4], True, False),
            ({"first": 4, "last": 2}, [2, 3], True, True),
        ],
    )
    async def test_come_oldest_first_page_by_page(
        self, ask, make, page, expected, has_previous, has_next
    ):
        user = await make.user()
        await make.conversation(user, turns=5)

        result = await ask(self.DOCUMENT, make.viewer(user), **page)

        (conversation,) = result.data["conversations"]["nodes"]
        messages = conversation["messages"]
        assert [each["content"] for each in messages["nodes"]] == [
            f"Turn {turn}" for turn in expected
        ]
        assert messages["totalCount"] == 5
        assert messages["pageInfo"]["hasPreviousPage"] is has_previous
        assert messages["pageInfo"]["hasNextPage"] is has_next

    async def test_go_on_from_cursors(self, ask, make):
        user = await make.user()
        await make.conversation(user, turns=5)
        viewer = make.viewer(user)

        async def page(**arguments):
            result = await ask(self.DOCUMENT, viewer, **arguments)
            return result.data["conversations"]["nodes"][0]["messages"]

        first = await page(first=2)
        second = await page(first=2, after=first["pageInfo"]["endCursor"])
        back = await page(last=5, before=second["pageInfo"]["startCursor"])

        assert [each["content"] for each in second["nodes"]] == ["Turn 2", "Turn 3"]
        assert back["nodes"] == first["nodes"]

    async def test_of_an_empty_conversation_are_none(self, ask, make):
        user = await make.user()
        await make.conversation(user, turns=0)

        result = await ask(self.DOCUMENT, make.viewer(user))

        (conversation,) = result.data["conversations"]["nodes"]
        assert conversation["messages"]["nodes"] == []
        assert conversation["messages"]["totalCount"] == 0


class TestAiUsage:
    async def usage(self, graph, platform, viewer, moment):
        stores = replace(platform.stores, clock=lambda: moment)
        context = replace(platform, stores=stores).context(viewer=viewer, request_id="test")
        operation = graph.prepare(
            "{ me { aiUsage { day tokensUsed freeTokens freeTokensLeft resetsAt } } }",
            operation_name=None,
            variables={},
        )
        return (await graph.execute(operation, context)).data["me"]["aiUsage"]

    async def test_counts_the_messages_since_midnight_in_utc(self, graph, make, platform):
        user, other = await make.user(), await make.user()
        yesterday = MIDNIGHT - timedelta(milliseconds=1)
        await make.conversation(user, messages=[message(500, yesterday), message(7, MIDNIGHT)])
        await make.conversation(user, messages=[message(30, MIDNIGHT + timedelta(hours=5))])
        await make.conversation(other, messages=[message(900, MIDNIGHT)])

        used = await self.usage(graph, platform, make.viewer(user), MIDNIGHT + timedelta(hours=23))

        assert used == {
            "day": "2026-11-22",
            "tokensUsed": 37,
            "freeTokens": 1000,
            "freeTokensLeft": 963,
            "resetsAt": "2026-11-23T00:00:00.000Z",
        }

    async def test_leaves_no_free_tokens_below_zero(self, graph, make, platform):
        user = await make.user()
        await make.conversation(user, messages=[message(1001, MIDNIGHT)])

        used = await self.usage(graph, platform, make.viewer(user), MIDNIGHT)

        assert used["tokensUsed"] == 1001
        assert used["freeTokensLeft"] == 0

    async def test_is_nothing_on_a_day_without_messages(self, graph, make, platform):
        used = await self.usage(graph, platform, make.viewer(await make.user()), MIDNIGHT)

        assert used["tokensUsed"] == 0
        assert used["freeTokensLeft"] == 1000
