"""Reads that several ask for at once: sent once, and never shared with those who asked later."""

import asyncio

import asyncpg
import pytest

from core.pool import ReadPool
from core.shared_reads import SharedReads

# Each statement that is sent has a number of its own.
NUMBER = "SELECT nextval('sent')"
SLOW_NUMBER = "SELECT nextval('sent'), pg_sleep(0.2)"
SENT_SECONDS = 0.1
"""After which a slow statement is on its way, and before which it is not answered."""


@pytest.fixture
async def reads(addresses):
    """Reads on the test's PostgreSQL, which counts the statements that reach it."""
    dsn = addresses.database_url.replace("+asyncpg", "")
    pool = ReadPool({"dsn": dsn}, size=4, wait_seconds=5.0, life_seconds=60)
    await pool.fetch("DROP SEQUENCE IF EXISTS sent", [])
    await pool.fetch("CREATE SEQUENCE sent", [])
    yield SharedReads(pool)
    await pool.fetch("DROP SEQUENCE sent", [])
    await pool.close()


async def number(reads, sql=NUMBER, arguments=()):
    return (await reads.fetch(sql, arguments))[0][0]


def ask(reads, sql=NUMBER, arguments=()):
    return asyncio.create_task(number(reads, sql, arguments))


class TestFetch:
    async def test_equal_statements_of_one_moment_are_sent_once(self, reads):
        assert await asyncio.gather(*[number(reads) for _ in range(5)]) == [1] * 5

    async def test_statements_that_follow_each_other_are_each_sent(self, reads):
        assert [await number(reads) for _ in range(3)] == [1, 2, 3]

    async def test_other_arguments_are_another_statement(self, reads):
        sql = f"{NUMBER} + 0 * cardinality($1::int[])"

        found = await asyncio.gather(*[number(reads, sql, [[each]]) for each in (7, 8, 7)])

        assert found[0] == found[2] != found[1]

    async def test_arguments_that_cannot_be_compared_are_sent_by_themselves(self, reads):
        sql = "SELECT $1::jsonb -> 'a'"

        found = await asyncio.gather(*[number(reads, sql, [{"a": 1}]) for _ in range(2)])

        assert found == [1, 1]

    async def test_nobody_joins_a_statement_on_its_way(self, reads):
        first = ask(reads, SLOW_NUMBER)
        await asyncio.sleep(SENT_SECONDS)

        second, third = ask(reads, SLOW_NUMBER), ask(reads, SLOW_NUMBER)

        assert await asyncio.gather(first, second, third) == [1, 2, 2]

    async def test_all_who_share_a_statement_hear_of_its_failure(self, reads):
        asked = [ask(reads, "SELECT 1 / 0") for _ in range(3)]

        found = await asyncio.gather(*asked, return_exceptions=True)

        assert [type(each) for each in found] == [asyncpg.DivisionByZeroError] * 3
        assert await number(reads) == 1


class TestThoseWhoLeave:
    async def test_the_one_who_sent_it_leaves_and_the_others_are_answered(self, reads):
        first, second, third = (ask(reads, SLOW_NUMBER) for _ in range(3))
        await asyncio.sleep(SENT_SECONDS)

        first.cancel()

        assert await asyncio.gather(second, third) == [2, 2]
        assert first.cancelled()

    async def test_one_of_the_others_leaves_and_nobody_notices(self, reads):
        first, second, third = (ask(reads, SLOW_NUMBER) for _ in range(3))
        await asyncio.sleep(SENT_SECONDS)

        second.cancel()

        assert await asyncio.gather(first, third) == [1, 1]

    async def test_one_who_was_to_send_the_next_leaves_before_hearing_of_it(self, reads):
        async def dismiss():
            await number(reads, SLOW_NUMBER)
            second.cancel()

        first = asyncio.gather(ask(reads, SLOW_NUMBER), dismiss())
        await asyncio.sleep(SENT_SECONDS)
        second, third = ask(reads, SLOW_NUMBER), ask(reads, SLOW_NUMBER)

        assert await third == 2
        assert second.cancelled()
        await first

    async def test_one_who_is_about_to_send_leaves(self, reads):
        first = ask(reads, SLOW_NUMBER)
        await asyncio.sleep(SENT_SECONDS)
        second, third = ask(reads, SLOW_NUMBER), ask(reads, SLOW_NUMBER)
        # Tells of its end one turn after the second has heard of it.
        first.add_done_callback(lambda _: second.cancel())

        assert await third == 2
        assert second.cancelled()

    async def test_all_leave_and_the_statement_is_free(self, reads):
        asked = [ask(reads, SLOW_NUMBER) for _ in range(3)]
        await asyncio.sleep(SENT_SECONDS)

        for each in asked:
            each.cancel()
        await asyncio.gather(*asked, return_exceptions=True)

        assert await number(reads, SLOW_NUMBER) == 2
