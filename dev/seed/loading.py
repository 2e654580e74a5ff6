"""Loads rows into PostgreSQL with COPY, and documents into MongoDB in bulk."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import asyncpg
import pymongo
from bson import Decimal128
from sqlalchemy import text

from core.database import WriteSession
from core.mongo import Mongo
from dev.seed.rows import ConversationEntry, EventEntry
from models.base import UtcTimestamp, metadata
from models.documents import DOCUMENTS, Conversation, Event

COPY_ROWS_MAX = 20_000
INSERTED_DOCUMENTS_MAX = 1_000
# The limits that protect requests are too short for bulk work.
STATEMENT_SECONDS_MAX = 120
# Triggers keep their rows for ever.
KEPT_TABLES = (
    "ledger_transactions",
    "ledger_entries",
    "ledger_seals",
    "order_events",
    "order_evidence",
    "audit_log",
)
FILLED_BY_MIGRATIONS = ("categories",)
NUMBERED = (("ledger_accounts", "id"), ("ledger_transactions", "sequence"), ("outbox", "id"))
Row = tuple[Any, ...]
Advance = Callable[[int], object]


async def driver_connection(session: WriteSession) -> asyncpg.Connection:
    """The connection of asyncpg itself, in the transaction of `session`, which it begins."""
    await session.execute(text("SELECT 1"))
    connection = await (await session.connection()).get_raw_connection()
    return cast("asyncpg.Connection", connection.driver_connection)


async def empty_tables(connection: asyncpg.Connection) -> None:
    """Leave what migrations leave. Only their owner can remove the ledger's entries."""
    tables = [table.name for table in metadata.sorted_tables]
    names = ", ".join(name for name in tables if name not in FILLED_BY_MIGRATIONS)
    for table in KEPT_TABLES:
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await connection.execute(f"TRUNCATE {names} RESTART IDENTITY", timeout=STATEMENT_SECONDS_MAX)
    for table in KEPT_TABLES:
        await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    await connection.execute("SELECT ledger_open_books()")


async def close_books(connection: asyncpg.Connection) -> None:
    """Remove the platform's accounts, if nothing was posted: a world brings its own."""
    await connection.execute("DELETE FROM ledger_balances")
    await connection.execute("DELETE FROM ledger_accounts")


async def prove_books(connection: asyncpg.Connection) -> None:
    """Go on numbering after the loaded rows, and let PostgreSQL check every posting now."""
    for table, column in NUMBERED:
        await connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column}))"  # noqa: S608  # our own names
            f" FROM {table}"
        )
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE", timeout=STATEMENT_SECONDS_MAX)


async def copy_rows(
    connection: asyncpg.Connection, table: str, rows: Sequence[Row], advance: Advance
) -> None:
    """Append named tuples, whose fields are columns, to `table`; `advance` hears of each batch."""
    if not rows:
        return
    columns: tuple[str, ...] = cast("Any", rows[0])._fields
    naive = _naive_columns(table, columns)
    for batch in _batches(rows, COPY_ROWS_MAX):
        await connection.copy_records_to_table(
            table,
            records=[_without_zones(row, naive) for row in batch] if naive else batch,
            columns=columns,
            timeout=STATEMENT_SECONDS_MAX,
        )
        advance(len(batch))


async def analyze_tables(connection: asyncpg.Connection) -> None:
    """Let PostgreSQL count what is in the tables, so that it plans well from the first query."""
    names = ", ".join(table.name for table in metadata.sorted_tables)
    await connection.execute(f"ANALYZE {names}", timeout=STATEMENT_SECONDS_MAX)


def _naive_columns(table: str, columns: Sequence[str]) -> tuple[int, ...]:
    """The places of `columns` that are the blueprint's TIMESTAMP without a zone."""
    types = metadata.tables[table].columns
    return tuple(
        place for place, name in enumerate(columns) if isinstance(types[name].type, UtcTimestamp)
    )


def _without_zones(row: Row, places: Sequence[int]) -> list[Any]:
    values = list(row)
    for place in places:
        values[place] = values[place].replace(tzinfo=None)
    return values


async def empty_collections(mongo: Mongo) -> None:
    async with mongo.reading():
        for document in DOCUMENTS:
            with pymongo.timeout(STATEMENT_SECONDS_MAX):
                await document.get_pymongo_collection().delete_many({})


async def put_conversations(
    mongo: Mongo, conversations: Sequence[ConversationEntry], advance: Advance
) -> None:
    """Insert `conversations` in place of those with the same ids; `advance` hears of batches."""
    await _put(mongo, Conversation, conversations, conversation_document, advance)


async def put_events(mongo: Mongo, events: Sequence[EventEntry], advance: Advance) -> None:
    """Insert `events` in place of those with the same ids; `advance` hears of batches."""
    await _put(mongo, Event, events, event_document, advance)


def conversation_document(entry: ConversationEntry) -> dict[str, Any]:
    """`entry` as Beanie stores a Conversation."""
    return {
        "_id": entry.id,
        "userId": entry.user_id,
        "model": entry.model,
        "title": entry.title,
        "messages": [message._asdict() for message in entry.messages],
        "tokens": entry.tokens,
        "cost": Decimal128(entry.cost),
        "timestamp": entry.timestamp,
    }


def event_document(entry: EventEntry) -> dict[str, Any]:
    """`entry` as Beanie stores an Event."""
    return {
        "_id": entry.id,
        "type": entry.type,
        "page": entry.page,
        "userId": entry.user_id,
        "metadata": entry.metadata,
        "timestamp": entry.timestamp,
    }


async def _put(
    mongo: Mongo,
    document: type[Conversation] | type[Event],
    entries: Sequence[Any],
    as_document: Callable[[Any], dict[str, Any]],
    advance: Advance,
) -> None:
    collection = document.get_pymongo_collection()
    async with mongo.reading():
        for batch in _batches(entries, INSERTED_DOCUMENTS_MAX):
            await collection.delete_many({"_id": {"$in": [entry.id for entry in batch]}})
            await collection.insert_many([as_document(entry) for entry in batch], ordered=False)
            advance(len(batch))


def _batches(rows: Sequence[Any], rows_max: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), rows_max):
        yield rows[start : start + rows_max]
