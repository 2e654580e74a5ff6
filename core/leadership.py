"""One process of many leads: the one whose connection holds a lock of PostgreSQL."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import text

from core.database import Database, ReadSession

TRY_SECONDS = 1.0
_TRY = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")


@asynccontextmanager
async def leading(database: Database, name: str) -> AsyncGenerator[ReadSession]:
    """Wait until nobody else leads `name`, then lead until the block ends.

    The lock lives and dies with the session's connection: whoever still reads through it leads.
    Raises StoreUnavailable when PostgreSQL is away.
    """
    async with database.read() as session:
        try:
            # Nobody tells when the lock is free, but the database when it is asked.
            while not await session.scalar(_TRY, {"name": name}):  # noqa: ASYNC110
                await asyncio.sleep(TRY_SECONDS)
            yield session
        finally:
            # Back in the pool, the connection would hold the lock for nobody.
            await session.invalidate()
