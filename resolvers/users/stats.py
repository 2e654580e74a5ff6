"""The platform in figures: read through `global:stats`, and live."""

from collections.abc import AsyncGenerator

from sqlalchemy import String, any_, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from core.clock import start_of_day
from core.statements import Records, Statement
from models.base import UtcTimestamp
from models.cache import STATS, STATS_KEY
from models.rows import StatsRow
from models.tables import Course, Service, Transaction, TransactionStatus, User
from models.tables.tokens import INCOMING_TYPES
from models.topics import STATS_TOPIC
from resolvers.context import Context
from resolvers.live import each_change

EVENT_INTERVAL_SECONDS = 1.0


def _figures() -> Statement[Records]:
    """All figures in one statement. Movements have two sides; the incoming one is counted."""
    incoming = [each.value for each in INCOMING_TYPES]
    moved = select(func.coalesce(func.sum(col(Transaction.amount)), 0)).where(
        col(Transaction.status) == TransactionStatus.COMPLETED.value,
        col(Transaction.created_at) >= bindparam("today", type_=UtcTimestamp()),
        col(Transaction.type) == any_(literal(incoming, ARRAY(String()))),
    )
    return Statement(
        select(
            select(func.count()).select_from(User).scalar_subquery(),
            select(func.count())
            .select_from(Service)
            .where(col(Service.is_active))
            .scalar_subquery(),
            select(func.count())
            .select_from(Course)
            .where(col(Course.is_published))
            .scalar_subquery(),
            moved.scalar_subquery(),
        )
    )


FIGURES = _figures()


async def stats(context: Context) -> StatsRow:
    """How many people, active services and published courses there are, and AZR moved today."""
    return await context.stores.cache.read(STATS_KEY, STATS, lambda: _count(context))


def stats_stream(context: Context) -> AsyncGenerator[StatsRow, None]:
    """The stats at once, then whenever they change, at most once a second."""
    return each_change(
        context, STATS_TOPIC, lambda: stats(context), interval_seconds=EVENT_INTERVAL_SECONDS
    )


async def _count(context: Context) -> StatsRow:
    today = start_of_day(context.stores.clock())
    found = await context.stores.database.fetch(FIGURES, {"today": today})
    return StatsRow(*found[0])
