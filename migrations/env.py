"""Runs migrations over asyncpg, on the database that a caller or AZORA_DATABASE_URL names."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

import models.tables  # noqa: F401  # fills the metadata
from core.database import asyncpg_url
from core.settings import SettingsError, settings
from models.base import UtcTimestamp, metadata

# A migration that waits for a lock makes everyone behind it wait too: it gives up and is run again.
TIMEOUTS = ("SET lock_timeout = '2s'", "SET statement_timeout = '60s'")


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Our own column types by what PostgreSQL calls them, so migrations stand alone."""
    del autogen_context
    if kind == "type" and isinstance(item, UtcTimestamp):
        return "sa.TIMESTAMP()"
    return False


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether the models declare such a thing: procrastinate keeps tables of its own.

    How words are indexed that are like others depends on what the server has.
    """
    if kind == "index":
        return name != "ix_search_words_alike"
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        include_name=is_ours,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        for timeout in TIMEOUTS:
            context.execute(timeout)
        context.run_migrations()


def print_sql() -> None:
    """Offline: the SQL of the migrations, for review and for the linter."""
    context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        for timeout in TIMEOUTS:
            context.execute(timeout)
        context.run_migrations()


async def connect_and_run() -> None:
    url = context.config.attributes.get("database_url") or settings().database_url
    if url is None:
        message = "AZORA_DATABASE_URL says which database to migrate."
        raise SettingsError(message)
    engine = create_async_engine(asyncpg_url(url), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


if context.is_offline_mode():
    print_sql()
else:
    asyncio.run(connect_and_run())
