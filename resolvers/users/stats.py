"""The platform in figures: read through `global:stats`, and live."""

import asyncio
from collections.abc import AsyncGenerator

from sqlalchemy import func, select
from sqlmodel import col

from core.clock import start_of_day
from models.cache import STATS, STATS_KEY, STATS_TOPIC
from models.rows import StatsRow
from models.tables import Course, Service, Transaction, TransactionStatus, User
from models.tables.tokens import INCOMING_TYPES
from resolvers.context import Context

EVENT_INTERVAL_SECONDS = 1.0


async def stats(context: Context) -> StatsRow:
    """How many people, active services and published courses there are, and AZR moved today."""
    return await context.stores.cache.read(STATS_KEY, STATS, lambda: _count(context))


async def stats_stream(context: Context) -> AsyncGenerator[StatsRow, None]:
    """The stats at once, then whenever they change, at most once a second."""
    async with context.stores.signals.listen(STATS_TOPIC) as changed:
        while True:
            changed.clear()
            yield await stats(context)
            await asyncio.sleep(EVENT_INTERVAL_SECONDS)
            await changed.wait()


async def _count(context: Context) -> StatsRow:
    """One statement. Movements have two sides; the incoming one is counted."""
    moved = select(func.coalesce(func.sum(col(Transaction.amount)), 0)).where(
        col(Transaction.status) == TransactionStatus.COMPLETED.value,
        col(Transaction.created_at) >= start_of_day(context.stores.clock()),
        col(Transaction.type).in_([each.value for each in INCOMING_TYPES]),
    )
    statement = select(
        select(func.count()).select_from(User).scalar_subquery(),
        select(func.count()).select_from(Service).where(col(Service.is_active)).scalar_subquery(),
        select(func.count()).select_from(Course).where(col(Course.is_published)).scalar_subquery(),
        moved.scalar_subquery(),
    )
    async with context.stores.database.read() as session:
        return StatsRow(*(await session.execute(statement)).one())
