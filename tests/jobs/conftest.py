"""Fixtures of the jobs' tests: a worker in this process, on the test's stores."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import asdict

import pytest
from sqlalchemy import text

import jobs.worker
from core.database import LONG_STATEMENT_SECONDS, Database
from core.settings import read_settings
from jobs.tools import Tools
from services.auth.access_tokens import new_private_key
from tests.services.ledger.bank import Bank

LOOKS_MAX, LOOK_SECONDS = 1500, 0.02


@pytest.fixture
def settings(addresses):
    return read_settings(**asdict(addresses))


@pytest.fixture
async def tools(stores, addresses):
    books = Database(
        addresses.database_url, pool_size=2, statement_seconds_max=LONG_STATEMENT_SECONDS
    )
    yield Tools(stores, books, new_private_key(), {})
    await books.close()


@pytest.fixture
def working(settings, tools):
    """A worker, for as long as the block lasts."""

    @asynccontextmanager
    async def run():
        until = asyncio.Event()
        task = asyncio.create_task(jobs.worker.work(settings, tools, until=until))
        try:
            yield task
        finally:
            until.set()
            await task

    return run


@pytest.fixture
def bank(database):
    return Bank(database)


@pytest.fixture
def until(bank):
    """Waits until a query says true."""

    async def look(query, **values):
        for _ in range(LOOKS_MAX):
            if await bank.one(query, **values):
                return
            await asyncio.sleep(LOOK_SECONDS)
        pytest.fail(f"it never came to be that {query}")

    return look


@pytest.fixture
def write(database):
    """Runs a statement of the test's own."""

    async def run(statement, **values):
        async with database.transaction() as session:
            await session.execute(text(statement), values)

    return run
