"""Runs work at the same time, and leaves none of it behind."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from graphql.pyutils import is_awaitable


async def together(
    work: Sequence[Coroutine[Any, Any, None]], *, is_over: Callable[[], bool] = lambda: False
) -> None:
    """Run all of `work`, to its end or until `is_over` says that nobody needs the rest.

    When this returns, raises or is cancelled, all of it has stopped.
    """
    if not work:
        return
    if len(work) == 1:
        await work[0]
        return
    tasks = [asyncio.create_task(each) for each in work]

    def end_the_others(task: asyncio.Task[None]) -> None:
        if is_over() or (not task.cancelled() and task.exception() is not None):
            for each in tasks:
                each.cancel()

    for task in tasks:
        task.add_done_callback(end_the_others)
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
            raise outcome


async def settled(values: list[Any]) -> list[Any]:
    """The values, those to be awaited awaited together; exceptions in the place of what failed."""
    waiting = [index for index, value in enumerate(values) if is_awaitable(value)]

    async def settle(index: int) -> None:
        try:
            values[index] = await values[index]
        except Exception as error:  # noqa: BLE001  # this value's field fails with it
            values[index] = error

    await together([settle(index) for index in waiting])
    return values


def each_or_error(sources: Sequence[Any], read: Callable[[Any], Any]) -> list[Any]:
    """What `read` answers for each source, or the exception in its place."""
    values: list[Any] = []
    for source in sources:
        try:
            values.append(read(source))
        except Exception as error:  # noqa: BLE001  # this source's field fails with it
            values.append(error)
    return values
