"""Empties the tables between tests."""

from sqlalchemy import text

from core.database import Database
from dev.seed.loading import FILLED_BY_MIGRATIONS
from models.base import metadata

QUEUE = ("events", "periodic_defers", "jobs", "workers")
TABLES = [
    *(table.name for table in metadata.sorted_tables if table.name not in FILLED_BY_MIGRATIONS),
    *(f"procrastinate_{name}" for name in QUEUE),
]
# As a replica applies changes: past the triggers that keep the ledger's entries for ever, and past
# foreign keys. In one statement, for every test waits for it.
EMPTY = text(
    f"""DO $$ BEGIN
        SET LOCAL session_replication_role = replica;
        {" ".join(f"DELETE FROM {name};" for name in TABLES)}
        PERFORM ledger_open_books();
    END $$"""  # names of our own
)


async def empty_database(database: Database) -> None:
    """Leave what the migrations left: categories and the ledger's own accounts, and no jobs.

    Many times as quick as TRUNCATE, which makes each table's files anew.
    """
    async with database.transaction() as session:
        await session.execute(EMPTY)
