"""Hands over what was written beside changes: in order, nothing left out, each at least once.

A message waits until no transaction that began before its own can still commit, so that none
arrives behind the cursor. The order is that of transactions, and of messages within one.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from core.database import Database, ReadSession
from core.redis.pubsub import PubSub
from models.topics import OutboxTopic, balance_topic, order_topic

HANDED_AT_ONCE_MAX = 500
LIVE_CLIENTS = "live-clients"
_NEXT = text("""
    SELECT message.xid, message.id, message.topic, message.subject_id, message.payload
    FROM outbox message
    WHERE (message.xid, message.id) > (
            coalesce((SELECT xid FROM outbox_cursors WHERE consumer = :consumer), 0),
            coalesce((SELECT message_id FROM outbox_cursors WHERE consumer = :consumer), 0))
        AND message.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    ORDER BY message.xid, message.id LIMIT :handed_at_once_max
""")
_MOVE = text("""
    INSERT INTO outbox_cursors AS known (consumer, xid, message_id)
    VALUES (:consumer, :xid, :message_id)
    ON CONFLICT (consumer) DO UPDATE
    SET xid = excluded.xid, message_id = excluded.message_id, moved_at = clock_timestamp()
    WHERE (known.xid, known.message_id) < (excluded.xid, excluded.message_id)
""")


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the outbox. `xid` is the number of the transaction that wrote it."""

    xid: int
    id: int
    topic: str
    subject_id: UUID
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who is handed every message. After a failure `receive` gets the same ones again."""

    name: str
    receive: Callable[[Sequence[Message]], Awaitable[None]]


async def relay(session: ReadSession, database: Database, consumer: Consumer) -> int:
    """Hand a consumer its next messages, some hundreds at most. Answers how many.

    Two relays at once hand each message over twice, and in order; the cursor never goes back.
    """
    values = {"consumer": consumer.name, "handed_at_once_max": HANDED_AT_ONCE_MAX}
    messages = [Message(*row) for row in await session.execute(_NEXT, values)]
    if messages:
        await consumer.receive(messages)
        last = messages[-1]
        async with database.transaction() as change:
            values = {"consumer": consumer.name, "xid": last.xid, "message_id": last.id}
            await change.execute(_MOVE, values)
    return len(messages)


def live_clients(signals: PubSub) -> Consumer:
    """Wakes whoever watches a balance or an order that a message is about."""

    async def wake(messages: Sequence[Message]) -> None:
        for topic in dict.fromkeys(topic for each in messages for topic in _woken_by(each)):
            await signals.publish(topic)

    return Consumer(LIVE_CLIENTS, wake)


def _woken_by(message: Message) -> Iterator[str]:
    match message.topic:
        case OutboxTopic.LEDGER_POSTED:
            yield from (balance_topic(UUID(owner)) for owner in message.payload["balances"])
        case OutboxTopic.ORDER_UPDATED:
            yield order_topic(UUID(message.payload["order_id"]))
        case _:
            return
