"""Reads that several ask for at once are sent once.

Under load many requests want the same: the first page of a list, a popular service. Of equal
statements a process has one on its way; whoever asks meanwhile shares the next.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from asyncpg import Record

from core.pool import ReadPool

Key = tuple[Any, ...]
Outcome = list[Record] | Exception | None
"""What became of a read; `None` for the one who is to send it for all who wait."""


class SharedReads:
    """Sends equal statements together.

    Nobody joins one that is on its way: everyone sees what was committed before they asked.
    """

    __slots__ = ("_pool", "_waiting")

    def __init__(self, pool: ReadPool) -> None:
        self._pool = pool
        # Has a key while somebody leads: waits for others, or for the answer.
        self._waiting: dict[Key, list[asyncio.Future[Outcome]]] = {}

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> list[Record]:
        """The rows of one statement, which others may have too: nobody may change the list.

        Raises as the pool does.
        """
        key = (sql, *[tuple(each) if each.__class__ is list else each for each in arguments])
        try:
            waiting = self._waiting.get(key)
        except TypeError:  # an argument that cannot be compared quickly, such as an object for JSON
            return await self._pool.fetch(sql, arguments)
        if waiting is None:
            self._waiting[key] = []
            return await self._lead(key, sql, arguments)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        waiting.append(future)
        try:
            outcome = await future
        except asyncio.CancelledError:
            if not future.cancelled() and future.result() is None:
                self._appoint(key)
            raise
        if outcome is None:
            return await self._lead(key, sql, arguments)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _lead(self, key: Key, sql: str, arguments: Sequence[Any]) -> list[Record]:
        """Send the statement for all who wait at the end of this turn of the loop."""
        joined: list[asyncio.Future[Outcome]] = []
        outcome: Outcome = None
        try:
            await asyncio.sleep(0)
            joined, self._waiting[key] = self._waiting[key], []
            outcome = records = await self._pool.fetch(sql, arguments)
        except Exception as error:
            outcome = error
            raise
        finally:
            if outcome is None:
                # Cancelled: the others have still to be answered.
                self._waiting[key][:0] = joined
            else:
                for future in joined:
                    if not future.done():
                        future.set_result(outcome)
            self._appoint(key)
        return records

    def _appoint(self, key: Key) -> None:
        """Let the first who still waits lead; without anybody, the key is free."""
        waiting = self._waiting[key]
        while waiting:
            future = waiting.pop(0)
            if not future.done():
                future.set_result(None)
                return
        del self._waiting[key]
