"""Reads that several ask for at once: sent once, and never shared with those who asked later."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import ARRAY, Integer, bindparam, column, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from core.loader import KEYS_MAX_A_BATCH, TURNS_MAX
from core.pool import ReadPool
from core.shared_reads import SharedReads
from core.statements import Statement

# Each statement that is sent has a number of its own.
NUMBER = Statement(select(func.nextval("sent")))
SLOW_NUMBER = Statement(select(func.nextval("sent"), func.pg_sleep(0.2)))
FAILING = Statement(select(literal(1) / literal(0)))
OF_SIZE = Statement(
    select(func.nextval("sent") + 0 * func.cardinality(bindparam("sizes", type_=ARRAY(Integer()))))
)
OF_JSON = Statement(select(bindparam("value", type_=JSONB())))
WANTED = (
    func.unnest(bindparam("keys", type_=ARRAY(Integer())))
    .table_valued(column("key", Integer()), name="wanted")
    .render_derived()
)
SENT_SECONDS = 0.1
"""After which a slow statement is on its way, and before which it is not answered."""


def by_key(delay_seconds):
    """Keys with themselves, as a mapping."""
    return Statement(
        select(WANTED.c.key, WANTED.c.key, func.pg_sleep(delay_seconds)),
        made=lambda found: {key: value for key, value, _ in found},
        keys="keys",
    )


KEYED, SLOWLY_KEYED = by_key(0), by_key(0.1)


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


async def number(reads, statement=NUMBER, **parameters):
    return (await reads.fetch(statement, parameters))[0][0]


def ask(reads, statement=NUMBER, **parameters):
    return asyncio.create_task(number(reads, statement, **parameters))


def ask_keys(reads, *keys, statement=KEYED):
    return asyncio.create_task(reads.fetch(statement, {"keys": [*keys]}))


class TestFetch:
    async def test_equal_statements_of_one_moment_are_sent_once(self, reads):
        assert await asyncio.gather(*[number(reads) for _ in range(5)]) == [1] * 5

    async def test_statements_that_follow_each_other_are_each_sent(self, reads):
        assert [await number(reads) for _ in range(3)] == [1, 2, 3]

    async def test_other_arguments_are_another_statement(self, reads):
        found = await asyncio.gather(*[number(reads, OF_SIZE, sizes=[each]) for each in (7, 8, 7)])

        assert found[0] == found[2] != found[1]

    async def test_arguments_that_cannot_be_compared_are_sent_by_themselves(self, reads):
        found = await asyncio.gather(*[number(reads, OF_JSON, value={"a": 1}) for _ in range(2)])

        assert found == [{"a": 1}, {"a": 1}]

    async def test_nobody_joins_a_statement_on_its_way(self, reads):
        first = ask(reads, SLOW_NUMBER)
        await asyncio.sleep(SENT_SECONDS)

        second, third = ask(reads, SLOW_NUMBER), ask(reads, SLOW_NUMBER)

        assert await asyncio.gather(first, second, third) == [1, 2, 2]

    async def test_does_not_wait_for_ever_for_others_to_join(self, reads):
        asked = []
        for _ in range(3 * TURNS_MAX):
            asked.append(ask(reads))
            await asyncio.sleep(0)

        assert len(set(await asyncio.gather(*asked))) > 1

    async def test_all_who_share_a_statement_hear_of_its_failure(self, reads):
        asked = [ask(reads, FAILING) for _ in range(3)]

        found = await asyncio.gather(*asked, return_exceptions=True)

        assert [type(each) for each in found] == [asyncpg.DivisionByZeroError] * 3
        assert await number(reads) == 1


class TestKeys:
    async def test_of_all_who_ask_at_one_moment_are_read_together(self, reads):
        first, second = await asyncio.gather(ask_keys(reads, 1, 2), ask_keys(reads, 2, 3))

        assert first is second
        assert first == {1: 1, 2: 2, 3: 3}

    async def test_of_one_are_read_alone(self, reads):
        assert await ask_keys(reads, 1, 2) == {1: 1, 2: 2}
        assert await ask_keys(reads, 3) == {3: 3}

    async def test_of_those_who_wait_are_read_next(self, reads):
        first = ask_keys(reads, 1, statement=SLOWLY_KEYED)
        await asyncio.sleep(SENT_SECONDS / 2)

        others = [ask_keys(reads, key, statement=SLOWLY_KEYED) for key in (1, 2)]

        assert await first == {1: 1}
        assert await asyncio.gather(*others) == [{1: 1, 2: 2}] * 2

    async def test_that_are_too_many_for_one_statement_have_another(self, reads):
        many = ask_keys(reads, *range(KEYS_MAX_A_BATCH))

        few = await ask_keys(reads, KEYS_MAX_A_BATCH)

        assert few == {KEYS_MAX_A_BATCH: KEYS_MAX_A_BATCH}
        assert len(await many) == KEYS_MAX_A_BATCH

    async def test_are_read_though_the_one_who_sent_them_leaves(self, reads):
        first, second = (ask_keys(reads, key, statement=SLOWLY_KEYED) for key in (1, 2))
        await asyncio.sleep(SENT_SECONDS / 2)

        first.cancel()

        assert (await second)[2] == 2

    async def test_are_not_mixed_where_something_else_differs(self, reads):
        limited = Statement(
            select(WANTED.c.key).limit(bindparam("rows_max", type_=Integer())),
            made=lambda found: [key for (key,) in found],
            keys="keys",
        )

        found = await asyncio.gather(
            reads.fetch(limited, {"keys": [1, 2], "rows_max": 1}),
            reads.fetch(limited, {"keys": [3, 4], "rows_max": 2}),
        )

        assert found == [[1], [3, 4]]


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
