"""Fills empty databases with an invented world, or refuses."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Self

from rich.progress import Progress
from sqlalchemy import text

from core.database import Database
from core.mongo import Mongo
from dev.seed.loading import (
    analyze_tables,
    close_books,
    copy_rows,
    driver_connection,
    empty_collections,
    empty_tables,
    prove_books,
    put_conversations,
    put_events,
)
from dev.seed.people import DEMO_PASSWORD
from dev.seed.plan import PLANS, Size
from dev.seed.world import STAGES, World, invent_world

_ANYBODY = text("SELECT EXISTS (SELECT FROM users)")
# Nobody registers between the check and the commit.
_KEEP_USERS = text("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")


class AlreadySeeded(Exception):
    """There are people in the database, whom seeding would mix with invented ones."""

    def __init__(self) -> None:
        super().__init__("The database is not empty. `azora seed --reset` empties it first.")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows and documents were loaded."""

    users: int
    services: int
    orders: int
    reviews: int
    courses: int
    lessons: int
    enrolments: int
    lesson_progress: int
    transactions: int
    token_prices: int
    conversations: int
    events: int

    @classmethod
    def of(cls, world: World) -> Self:
        tables = world.rows_by_table()
        rows = {name: len(tables[name]) for name in cls.__annotations__ if name in tables}
        return cls(**rows, conversations=len(world.conversations), events=len(world.events))

    def __str__(self) -> str:
        """As in "200 users, 60 services"."""
        return ", ".join(
            f"{count:,} {name.replace('_', ' ')}" for name, count in asdict(self).items()
        )


async def is_seeded(database: Database) -> bool:
    """Whether anybody is in the database, invented or real."""
    async with database.read() as session:
        return bool(await session.scalar(_ANYBODY))


async def seed(
    database: Database,
    mongo: Mongo,
    *,
    size: Size,
    number: int = 7,
    now: datetime,
    hash_password: Callable[[str], str],
    is_reset: bool = False,
    progress: Progress | None = None,
) -> Counts:
    """Load the world of `number` as it is at `now` (aware), or leave PostgreSQL as it is.

    Raises AlreadySeeded if there are people and `is_reset` is false; with it, every table and
    collection is emptied first. Documents that an interrupted seed of the same `number` and `now`
    left behind are replaced. Raises StoreUnavailable when a database cannot be reached.
    """
    if not is_reset and await is_seeded(database):
        raise AlreadySeeded
    shown = progress or Progress(disable=True)
    world = _invented(size, number, now, hash_password(DEMO_PASSWORD), shown)
    await _load(database, mongo, world, shown, is_reset=is_reset)
    return Counts.of(world)


def _invented(
    size: Size, number: int, now: datetime, password_hash: str, progress: Progress
) -> World:
    task = progress.add_task("Inventing people", total=len(STAGES))

    def advance(_stage: str) -> None:
        progress.advance(task)

    return invent_world(
        PLANS[size], number=number, now=now, password_hash=password_hash, on_stage=advance
    )


async def _load(
    database: Database, mongo: Mongo, world: World, progress: Progress, *, is_reset: bool
) -> None:
    """Load PostgreSQL in one transaction, and MongoDB before it commits."""
    async with database.transaction() as session:
        await session.execute(_KEEP_USERS)
        if not is_reset and await session.scalar(_ANYBODY):
            raise AlreadySeeded
        connection = await driver_connection(session)
        if is_reset:
            await empty_tables(connection)
        await close_books(connection)
        for table, rows in world.rows_by_table().items():
            await copy_rows(connection, table, rows, _shown(progress, table, len(rows)))
        await prove_books(connection)
        await analyze_tables(connection)
        if is_reset:
            await empty_collections(mongo)
        conversations, events = world.conversations, world.events
        await put_conversations(
            mongo, conversations, _shown(progress, "conversations", len(conversations))
        )
        await put_events(mongo, events, _shown(progress, "events", len(events)))


def _shown(progress: Progress, name: str, total: int) -> Callable[[int], None]:
    """What to call with the number of rows that have been loaded."""
    task = progress.add_task(f"Loading {name.replace('_', ' ')}", total=total)

    def advance(count: int) -> None:
        progress.advance(task, count)

    return advance
