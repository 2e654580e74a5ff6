"""Conversations with models, which only their owners and admins see, and today's usage."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from core.clock import start_of_day
from models.documents import Conversation, Message, MessageRole
from models.rows import Columns, ConversationRow, MessageRow, UsageRow, including, narrowed
from resolvers.context import Context
from resolvers.keyset import Order, Page, Slice, cut, time_value, whole_value

NEWEST_CONVERSATION = Order("newest", (("timestamp", time_value), ("id", UUID)), is_descending=True)
BY_POSITION = Order("position", (("position", whole_value), ("id", UUID)), is_descending=False)
FIELDS = {"id": "_id", "user_id": "userId"}
"""Where a conversation's columns are, unless under their own names."""


async def conversations_by_id(
    context: Context, ids: Sequence[UUID], columns: Columns = None
) -> list[ConversationRow | None]:
    """Conversations by id; `None` for those that the viewer may not see."""
    row = narrowed(ConversationRow, including(columns, "user_id"))
    found = await _documents(context, {"_id": {"$in": list(ids)}}, _conversation_fields(row))
    by_id = {document["_id"]: _conversation(document, row) for document in found}
    return [
        row if row is not None and context.viewer.may_see(row.user_id) else None
        for row in map(by_id.get, ids)
    ]


async def conversations_of_users(
    context: Context, user_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[ConversationRow]]:
    """Each person's conversations, newest first, in one bounded query."""
    row = narrowed(ConversationRow, including(columns, "user_id", "timestamp"))
    is_newest_first = page.is_forward
    sort = {"timestamp": -1 if is_newest_first else 1, "_id": -1 if is_newest_first else 1}
    top = {"n": page.size + 1, "sortBy": sort, "output": "$$ROOT"}
    pipeline = [
        {"$match": {"userId": {"$in": list(user_ids)}, **_between(page)}},
        {"$project": _conversation_fields(row)},
        {"$group": {"_id": "$userId", "newest": {"$topN": top}}},
    ]
    async with context.stores.mongo.reading():
        collection = Conversation.get_pymongo_collection()
        groups = await (await collection.aggregate(pipeline)).to_list()
    by_user = {
        group["_id"]: [_conversation(each, row) for each in group["newest"]] for group in groups
    }
    return [
        cut(by_user.get(user_id, []), page, NEWEST_CONVERSATION, _counter(context, user_id))
        for user_id in user_ids
    ]


async def conversations_page(
    context: Context, page: Page, columns: Columns = None
) -> Slice[ConversationRow]:
    """The viewer's own conversations, newest first."""
    slices = await conversations_of_users(context, [context.viewer.required_id()], page, columns)
    return slices[0]


async def conversation_counts(context: Context, user_ids: Sequence[UUID]) -> list[int]:
    """How many conversations each person has."""
    pipeline = [
        {"$match": {"userId": {"$in": list(user_ids)}}},
        {"$group": {"_id": "$userId", "count": {"$sum": 1}}},
    ]
    async with context.stores.mongo.reading():
        collection = Conversation.get_pymongo_collection()
        groups = await (await collection.aggregate(pipeline)).to_list()
    counts = {group["_id"]: group["count"] for group in groups}
    return [counts.get(user_id, 0) for user_id in user_ids]


async def messages_of_conversations(
    context: Context, conversation_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[MessageRow]]:
    """Each conversation's messages, oldest first."""
    row = narrowed(MessageRow, including(columns, "position"))
    wanted = {"_id": {"$in": list(conversation_ids)}}
    found = await _documents(context, wanted, _message_fields(row))
    messages = {document["_id"]: _messages(document, row) for document in found}
    return [_message_page(messages.get(each, []), page) for each in conversation_ids]


async def messages_by_id(context: Context, ids: Sequence[UUID]) -> list[MessageRow | None]:
    """Messages by id; `None` for those that the viewer may not see."""
    wanted = {"messages.id": {"$in": list(ids)}}
    found = await _documents(context, wanted, _message_fields(MessageRow))
    by_id = {
        message.id: message
        for document in found
        if context.viewer.may_see(document["userId"])
        for message in _messages(document, MessageRow)
    }
    return [by_id.get(each) for each in ids]


async def usage_today(context: Context, user_ids: Sequence[UUID]) -> list[UsageRow]:
    """The tokens that each person has used since midnight UTC."""
    today = start_of_day(context.stores.clock())
    since = {"messages.timestamp": {"$gte": today}}
    pipeline = [
        {"$match": {"userId": {"$in": list(user_ids)}, **since}},
        {"$unwind": "$messages"},
        {"$match": since},
        {"$group": {"_id": "$userId", "tokens": {"$sum": "$messages.tokens"}}},
    ]
    async with context.stores.mongo.reading():
        collection = Conversation.get_pymongo_collection()
        groups = await (await collection.aggregate(pipeline)).to_list()
    used = {group["_id"]: group["tokens"] for group in groups}
    return [UsageRow(today, used.get(user_id, 0)) for user_id in user_ids]


async def _documents(
    context: Context, wanted: Mapping[str, Any], fields: Mapping[str, int]
) -> list[dict[str, Any]]:
    async with context.stores.mongo.reading():
        return await Conversation.get_pymongo_collection().find(wanted, fields).to_list()


def _between(page: Page) -> dict[str, Any]:
    """The keyset bounds of a page, for an order that descends."""
    bounds = [
        _beyond(operator, *NEWEST_CONVERSATION.position(cursor))
        for operator, cursor in (("$lt", page.after), ("$gt", page.before))
        if cursor is not None
    ]
    return {"$and": bounds} if bounds else {}


def _beyond(operator: str, timestamp: Any, key: UUID) -> dict[str, Any]:
    return {
        "$or": [
            {"timestamp": {operator: timestamp}},
            {"timestamp": timestamp, "_id": {operator: key}},
        ]
    }


def _counter(context: Context, user_id: UUID) -> Any:
    async def count() -> int:
        return await context.loader(conversation_counts).load(user_id)

    return count


def _message_page(messages: Sequence[MessageRow], page: Page) -> Slice[MessageRow]:
    """One page of the messages of one conversation, which MongoDB keeps together."""
    after = BY_POSITION.position(page.after)[0] if page.after is not None else 0
    before = BY_POSITION.position(page.before)[0] if page.before is not None else len(messages) + 1
    between = [message for message in messages if after < message.position < before]
    if not page.is_forward:
        between.reverse()

    async def count() -> int:
        return len(messages)

    return cut(between[: page.size + 1], page, BY_POSITION, count)


def _conversation_fields(row: type[ConversationRow]) -> dict[str, int]:
    return {FIELDS.get(name, name): 1 for name in row.__struct_fields__}


def _conversation(document: Mapping[str, Any], row: type[ConversationRow]) -> ConversationRow:
    values = {name: document[FIELDS.get(name, name)] for name in row.__struct_fields__}
    if "cost" in values:
        values["cost"] = values["cost"].to_decimal()
    return row(**values)


def _message_fields(row: type[MessageRow]) -> dict[str, int]:
    names = Message.model_fields.keys() & set(row.__struct_fields__)
    return {"userId": 1, **{f"messages.{name}": 1 for name in names}}


def _messages(document: Mapping[str, Any], row: type[MessageRow]) -> list[MessageRow]:
    names, rows = row.__struct_fields__, list[MessageRow]()
    of_all = {"conversation_id": document["_id"], "user_id": document["userId"]}
    for position, message in enumerate(document["messages"], start=1):
        values: dict[str, Any] = {**message, **of_all, "position": position}
        if "role" in values:
            values["role"] = MessageRole(values["role"])
        rows.append(row(**{name: values[name] for name in names}))
    return rows
