"""Jobs are queued in the caller's transaction."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import text

from core.jobs import queue

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
WAITING = text(
    "SELECT id, task_name, args, lock, queueing_lock, scheduled_at, status"
    " FROM procrastinate_jobs ORDER BY id"
)


class Task(StrEnum):
    COUNT = "count"
    SEND = "send"


async def waiting(database):
    async with database.read() as session:
        return [tuple(row) for row in await session.execute(WAITING)]


class TestQueue:
    async def test_keeps_what_the_job_needs(self, database):
        async with database.transaction() as session:
            number = await queue(session, Task.SEND, {"to": "a", "times": [1, None]}, lock="a")
            later = await queue(session, Task.COUNT, {}, queueing_lock="count", at=NOON)

        assert await waiting(database) == [
            (number, "send", {"to": "a", "times": [1, None]}, "a", None, None, "todo"),
            (later, "count", {}, None, "count", NOON, "todo"),
        ]

    async def test_leaves_nothing_behind_when_the_change_is_undone(self, database):
        async with database.transaction() as session:
            await queue(session, Task.SEND, {})
            await session.rollback()

        assert await waiting(database) == []

    async def test_lets_one_wait_for_each_queueing_lock(self, database):
        async with database.transaction() as session:
            first = await queue(session, Task.SEND, {}, queueing_lock="one")
            second = await queue(session, Task.SEND, {}, queueing_lock="one")
            other = await queue(session, Task.SEND, {}, queueing_lock="two")

        assert second is None
        assert [row[0] for row in await waiting(database)] == [first, other]

    async def test_lets_one_wait_whoever_else_queues_it_at_once(self, database):
        async def one():
            async with database.transaction() as session:
                return await queue(session, Task.SEND, {}, queueing_lock="one")

        numbers = await asyncio.gather(*(one() for _ in range(8)))

        assert len(await waiting(database)) == 1
        assert sum(number is not None for number in numbers) == 1

    async def test_is_open_to_the_applications_role(self, database):
        async with database.transaction() as session:
            await session.execute(text("SET LOCAL ROLE azora_application"))
            await queue(session, Task.SEND, {}, at=NOON)

        assert len(await waiting(database)) == 1
