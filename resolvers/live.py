"""Values that live clients follow: told at once, then again whenever they change."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

from resolvers.context import Context

Value = TypeVar("Value")


async def each_change(
    context: Context,
    topic: str,
    read: Callable[[], Awaitable[Value]],
    *,
    interval_seconds: float,
) -> AsyncGenerator[Value, None]:
    """What `read` answers now, then at each signal of `topic`, with so much time between at least.

    Many changes within the interval are told as one: the value that they led to.
    """
    async with context.stores.signals.listen(topic) as changed:
        while True:
            changed.clear()
            yield await read()
            await asyncio.sleep(interval_seconds)
            await changed.wait()
