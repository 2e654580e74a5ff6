"""Work that runs at the same time ends together, whatever ends it."""

import asyncio

import pytest

from graph.execution.together import each_or_error, together


@pytest.fixture
def notes():
    return []


@pytest.fixture
def lasting(notes):
    """Waits for ever, and notes how it ended."""

    async def wait(name):
        try:
            await asyncio.Event().wait()
        finally:
            notes.append(f"{name} stopped")

    return wait


async def failing():
    await asyncio.sleep(0)
    message = "a fault of the engine"
    raise RuntimeError(message)


class TestTogether:
    async def test_stops_the_others_when_one_fails(self, lasting, notes):
        with pytest.raises(RuntimeError, match="a fault of the engine"):
            await together([lasting("first"), failing(), lasting("second")])

        assert sorted(notes) == ["first stopped", "second stopped"]

    async def test_stops_what_nobody_needs(self, lasting, notes):
        async def finishing():
            notes.append("finished")

        await together([lasting("first"), finishing()], is_over=lambda: "finished" in notes)

        assert notes == ["finished", "first stopped"]

    async def test_stops_everything_when_it_is_cancelled(self, lasting, notes):
        task = asyncio.create_task(together([lasting("first"), lasting("second")]))
        await asyncio.sleep(0.01)
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task

        assert sorted(notes) == ["first stopped", "second stopped"]


class TestReading:
    def test_has_the_exception_in_the_place_of_what_fails(self):
        first, failure, last = each_or_error([1, 0, 4], lambda number: 4 / number)

        assert (first, last) == (4.0, 1.0)
        assert isinstance(failure, ZeroDivisionError)
