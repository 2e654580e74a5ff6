"""The pool of reads: bounded, healed, and left whole by those who leave early."""

import asyncio
from contextlib import suppress

import asyncpg
import pytest

from core.pool import ReadPool

OWN_PROCESS = "SELECT pg_backend_pid()"
LIFE_SECONDS = 60
LOOK_SECONDS = 0.05
LOOKS_MAX = 100


@pytest.fixture
def dsn(addresses):
    return addresses.database_url.replace("+asyncpg", "")


@pytest.fixture
async def make_pool(dsn):
    """Makes pools on the test's PostgreSQL, and closes them."""
    pools = []

    def make(size=1, wait_seconds=5.0, life_seconds=LIFE_SECONDS):
        arguments = {"dsn": dsn, "server_settings": {"application_name": "pool"}}
        pool = ReadPool(arguments, size=size, wait_seconds=wait_seconds, life_seconds=life_seconds)
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        await pool.close()


@pytest.fixture
async def open_connections(dsn):
    """Counts the connections that PostgreSQL has from this test's pools.

    A backend takes a moment to notice that its client has gone: `at_most` is waited for.
    """
    own = await asyncpg.connect(dsn)
    # Other tests run beside this one, on databases of their own in the same server.
    sql = """
        SELECT count(*) FROM pg_stat_activity
        WHERE application_name = 'pool' AND datname = current_database()
    """

    async def count(*, at_most=None):
        found = await own.fetchval(sql)
        for _ in range(LOOKS_MAX):
            if at_most is None or found <= at_most:
                break
            await asyncio.sleep(LOOK_SECONDS)
            found = await own.fetchval(sql)
        return found

    yield count
    await own.close()


async def process_of(pool):
    return (await pool.fetch(OWN_PROCESS, []))[0][0]


class TestFetch:
    async def test_opens_nothing_before_the_first_statement(self, make_pool, open_connections):
        pool = make_pool(size=5)
        before = await open_connections()

        await pool.fetch("SELECT 1", [])

        assert (before, await open_connections()) == (0, 1)

    async def test_uses_one_connection_again(self, make_pool):
        pool = make_pool(size=5)

        assert len({await process_of(pool) for _ in range(5)}) == 1

    async def test_opens_as_many_as_there_are_places_for_a_rush(self, make_pool, open_connections):
        pool = make_pool(size=3)

        found = await asyncio.gather(
            *(pool.fetch("SELECT $1::int, pg_sleep(0.01)", [number]) for number in range(30))
        )

        assert [rows[0][0] for rows in found] == list(range(30))
        assert await open_connections() == 3

    async def test_waits_no_longer_than_it_was_told(self, make_pool):
        pool = make_pool(wait_seconds=0.01)
        slow = asyncio.create_task(pool.fetch("SELECT pg_sleep(0.3)", []))
        await asyncio.sleep(0)

        with pytest.raises(TimeoutError):
            await pool.fetch("SELECT 1", [])

        await slow
        assert await pool.fetch("SELECT 1", []) == [(1,)]

    async def test_keeps_the_connection_of_a_refused_statement(self, make_pool):
        pool = make_pool()
        own = await process_of(pool)

        with pytest.raises(asyncpg.UndefinedTableError):
            await pool.fetch("SELECT * FROM nothing", [])

        assert await process_of(pool) == own

    async def test_ends_the_statement_of_a_reader_who_leaves(self, make_pool, open_connections):
        pool = make_pool(size=2)
        for turn in range(6):
            leaving = asyncio.create_task(pool.fetch("SELECT pg_sleep(30)", []))
            await asyncio.sleep(0.01 * turn)
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving

        both = [pool.fetch("SELECT pg_sleep(0.01)", []) for _ in range(2)]
        async with asyncio.timeout(5):
            await asyncio.gather(*both)

        assert await open_connections(at_most=2) <= 2

    async def test_gives_the_place_back_of_one_who_leaves_while_waiting(self, make_pool):
        pool = make_pool()
        slow = asyncio.create_task(pool.fetch("SELECT pg_sleep(0.05)", []))
        await asyncio.sleep(0)
        waiting = [asyncio.create_task(pool.fetch("SELECT 1", [])) for _ in range(5)]
        await asyncio.sleep(0)

        for task in waiting[:-1]:
            task.cancel()
        await slow

        assert await waiting[-1] == [(1,)]
        assert await pool.fetch("SELECT 1", []) == [(1,)]

    async def test_gives_the_place_back_when_nothing_listens(self):
        arguments = {"dsn": "postgresql://azora@127.0.0.1:1/azora"}
        pool = ReadPool(arguments, size=1, wait_seconds=0.01, life_seconds=LIFE_SECONDS)

        for _ in range(3):
            with pytest.raises(OSError, match="Connect call failed"):
                await pool.fetch("SELECT 1", [])

    async def test_replaces_a_connection_that_died_while_idle(self, make_pool, database):
        pool, killer = make_pool(), make_pool()
        own = await process_of(pool)
        await killer.fetch("SELECT pg_terminate_backend($1)", [own])
        await asyncio.sleep(0.05)

        assert await process_of(pool) != own

    async def test_replaces_a_connection_that_is_old(self, make_pool, open_connections):
        pool = make_pool(life_seconds=0)

        processes = {await process_of(pool) for _ in range(3)}

        assert len(processes) == 3
        assert await open_connections(at_most=1) == 1

    async def test_follows_a_table_that_changes(self, make_pool):
        pool = make_pool()
        await pool.fetch("CREATE TEMPORARY TABLE things AS SELECT 1 AS one", [])
        before = await pool.fetch("SELECT * FROM things", [])

        await pool.fetch("ALTER TABLE things ADD two int DEFAULT 2", [])

        assert before == [(1,)]
        assert await pool.fetch("SELECT * FROM things", []) == [(1, 2)]

    async def test_reads_json_as_values(self, make_pool):
        pool = make_pool()

        sql = """SELECT '{"a": [1, null]}'::jsonb, '[]'::json, $1::jsonb"""
        found = await pool.fetch(sql, [{"b": "é"}])

        assert found == [({"a": [1, None]}, [], {"b": "é"})]


class TestClose:
    async def test_leaves_no_connection(self, make_pool, open_connections):
        pool = make_pool(size=3)
        await asyncio.gather(*(pool.fetch("SELECT pg_sleep(0.01)", []) for _ in range(3)))
        leaving = asyncio.create_task(pool.fetch("SELECT pg_sleep(30)", []))
        await asyncio.sleep(0.01)
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving

        await pool.close()

        assert await open_connections(at_most=0) == 0

    async def test_closes_what_is_in_use_when_it_is_released(self, make_pool, open_connections):
        pool = make_pool()
        busy = asyncio.create_task(pool.fetch("SELECT pg_sleep(0.05)", []))
        await asyncio.sleep(0.02)

        await pool.close()
        await busy
        await pool.close()

        assert await open_connections(at_most=0) == 0
