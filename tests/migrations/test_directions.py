"""Migrations go up, down and up again, and the second way up ends where the first did."""

import asyncio

import asyncpg
import pytest

from cli.migrate import migrate_database
from core.settings import StoreAddresses

SHAPE = """
    SELECT table_name || '.' || column_name || ' ' || data_type || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT tgname || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    ORDER BY 1
"""


@pytest.fixture
def empty_database(addresses: StoreAddresses) -> str:
    """A database beside the worker's, for migrations only."""
    url = addresses.database_url.replace("+asyncpg", "")
    name = f"{url.rsplit('/', 1)[1]}_directions"
    asyncio.run(_run(url, f"DROP DATABASE IF EXISTS {name}"))
    asyncio.run(_run(url, f"CREATE DATABASE {name}"))
    return f"{url.rsplit('/', 1)[0]}/{name}"


class TestMigrations:
    def test_go_up_and_down_and_up_again(self, empty_database):
        migrate_database(empty_database, "head")
        first = asyncio.run(_shape(empty_database))

        migrate_database(empty_database, "base")
        nothing = asyncio.run(_shape(empty_database))
        migrate_database(empty_database, "head")

        assert len(first) > 100
        assert [line for line in nothing if "alembic" not in line] == []
        assert asyncio.run(_shape(empty_database)) == first


async def _shape(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(SHAPE)
    await connection.close()
    return [row[0] for row in rows]


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()
