"""One timer ends whatever has taken too long, and nothing else."""

import asyncio

import pytest

from graph.limits.deadline import Deadline

SECONDS = 0.05


@pytest.fixture
def deadline() -> Deadline:
    return Deadline(SECONDS)


async def lasting(deadline, seconds):
    with deadline.watch():
        await asyncio.sleep(seconds)
    return "done"


class TestWatch:
    async def test_ends_what_takes_too_long(self, deadline):
        with pytest.raises(TimeoutError):
            await lasting(deadline, 10)

        assert asyncio.current_task().cancelling() == 0

    async def test_lets_end_what_is_quick(self, deadline):
        assert await lasting(deadline, 0) == "done"

        await asyncio.sleep(2 * SECONDS)

    async def test_each_has_its_own_time(self, deadline):
        loop, ended_after_seconds = asyncio.get_running_loop(), []

        async def last_too_long():
            began = loop.time()
            with pytest.raises(TimeoutError):
                await lasting(deadline, 10)
            ended_after_seconds.append(loop.time() - began)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(3):
                tasks.create_task(last_too_long())
                tasks.create_task(lasting(deadline, SECONDS / 10))
                await asyncio.sleep(SECONDS / 3)

        assert len(ended_after_seconds) == 3
        assert min(ended_after_seconds) >= SECONDS - 0.002  # the loop's clock counts milliseconds

    async def test_a_failure_is_not_hidden(self, deadline):
        with pytest.raises(ValueError, match="mine"), deadline.watch():
            raise ValueError("mine")

    async def test_a_failure_on_the_way_out_is_not_hidden(self, deadline):
        async def last_and_fail():
            with deadline.watch():
                try:
                    await asyncio.sleep(10)
                finally:
                    raise ValueError("mine")

        with pytest.raises(ValueError, match="mine"):
            await last_and_fail()

        assert asyncio.current_task().cancelling() == 0

    async def test_somebody_elses_cancellation_stays_one(self, deadline):
        task = asyncio.create_task(lasting(deadline, 10))
        await asyncio.sleep(0)

        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task

    async def test_somebody_elses_cancellation_at_the_same_time_stays_one(self, deadline):
        async def last_and_linger():
            with deadline.watch():
                try:
                    await asyncio.sleep(10)
                finally:
                    await asyncio.sleep(10)

        task = asyncio.create_task(last_and_linger())
        await asyncio.sleep(2 * SECONDS)

        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task


def test_a_new_loop_begins_anew(deadline):
    async def leave_one_behind():
        deadline.watch().__enter__()

    asyncio.run(leave_one_behind())

    async def last_too_long():
        with pytest.raises(TimeoutError):
            await lasting(deadline, 10)

    asyncio.run(last_too_long())
