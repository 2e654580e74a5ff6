"""One leads, and the next when the first one's connection is gone."""

import asyncio

import pytest
from sqlalchemy import text

import core.leadership
from core.database import Database
from core.errors import StoreUnavailable
from core.leadership import leading

CLOSED = "postgresql://azora@127.0.0.1:1/azora"
PROCESS = text("SELECT pg_backend_pid()")


@pytest.fixture(autouse=True)
def impatience(monkeypatch):
    monkeypatch.setattr(core.leadership, "TRY_SECONDS", 0.01)


@pytest.fixture
async def other(addresses):
    """Another process, as PostgreSQL sees it."""
    database = Database(addresses.database_url, pool_size=1)
    yield database
    await database.close()


async def lead(database, until, events, name):
    async with leading(database, "tests"):
        events.append(name)
        await until.wait()


class TestLeading:
    async def test_is_for_one_at_a_time(self, database, other):
        events, until = [], asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            async with leading(database, "tests"):
                tasks.create_task(lead(other, until, events, "other"))
                async with leading(database, "something else"):
                    await asyncio.sleep(0.1)
                events.append("first ends")
            until.set()

        assert events == ["first ends", "other"]

    async def test_passes_on_when_the_connection_is_lost(self, database, other):
        events, until = [], asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            async with leading(other, "tests") as session:
                tasks.create_task(lead(database, until, events, "next"))
                process = await session.scalar(PROCESS)
                async with database.transaction() as change:
                    end = text("SELECT pg_terminate_backend(:process)")
                    await change.execute(end, {"process": process})
                with pytest.raises(StoreUnavailable):
                    async with other.read():
                        await session.scalar(PROCESS)
            until.set()

        assert events == ["next"]

    async def test_says_when_postgresql_is_away(self):
        database = Database(CLOSED, pool_size=1)

        with pytest.raises(StoreUnavailable):
            async with leading(database, "tests"):
                pytest.fail("nobody leads")

        await database.close()
