"""Runs migrations over asyncpg, on the connection that a caller passes or on one of its own."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

import models.tables  # noqa: F401  # fills the metadata
from core.database import asyncpg_url
from core.settings import SettingsError, settings
from models.base import UtcTimestamp, metadata

LOCK_TIMEOUT = "SET lock_timeout = '2s'"


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Our own column types by what PostgreSQL calls them, so migrations stand alone."""
    del autogen_context
    if kind == "type" and isinstance(item, UtcTimestamp):
        return "sa.TIMESTAMP()"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        connection.exec_driver_sql(LOCK_TIMEOUT)
        context.run_migrations()


def print_sql() -> None:
    """Offline: the SQL of the migrations, for review and for the linter."""
    context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    url = settings().database_url
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
elif (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    asyncio.run(connect_and_run())
