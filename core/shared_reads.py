"""Reads that several ask for at once are sent once.

Under load many requests want the same: the first page of a list, a popular service. Of equal
statements a process has one on its way; whoever asks meanwhile shares the next. Statements that
differ only in the keys that they read go out as one, with the keys of all.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.loader import KEYS_MAX_A_BATCH, TURNS_MAX
from core.pool import ReadPool
from core.statements import Made, Statement

Shared = tuple[Any, ...]
"""What makes reads one: their statement, and all its arguments but the keys."""

LEAD = object()
"""To the one who is to send the statement for all who wait."""


@dataclass(slots=True)
class _Next:
    """Those who share the next statement, and the keys that they want."""

    futures: list[asyncio.Future[Any]] = field(default_factory=list)
    keys: dict[Any, None] = field(default_factory=dict)


class SharedReads:
    """Sends equal statements together.

    Nobody joins one that is on its way: everyone sees what was committed before they asked.
    """

    __slots__ = ("_next", "_pool")

    def __init__(self, pool: ReadPool) -> None:
        self._pool = pool
        # Has an entry while somebody leads: waits for others, or for the answer.
        self._next: dict[Shared, _Next] = {}

    async def fetch(self, statement: Statement[Made], parameters: Mapping[str, Any]) -> Made:
        """What is made of a statement's rows. Others may have the same: nobody may change it.

        Raises as the pool does.
        """
        keys = () if statement.keys is None else parameters[statement.keys]
        try:
            shared = (statement, *statement.arguments_besides_keys(parameters))
            joined = self._next.get(shared)
        except TypeError:  # an argument that cannot be compared quickly, such as an object for JSON
            return await self._send(statement, parameters)
        if joined is None:
            self._next[shared] = _Next(keys=dict.fromkeys(keys))
            return await self._lead(shared, statement, parameters)
        if len(joined.keys) + len(keys) > KEYS_MAX_A_BATCH:
            return await self._send(statement, parameters)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        joined.futures.append(future)
        joined.keys.update(dict.fromkeys(keys))
        try:
            outcome = await future
        except asyncio.CancelledError:
            if not future.cancelled() and future.result() is LEAD:
                self._appoint(shared)
            raise
        if outcome is LEAD:
            return await self._lead(shared, statement, parameters)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _lead(
        self, shared: Shared, statement: Statement[Made], parameters: Mapping[str, Any]
    ) -> Made:
        """Send the statement for all who wait when nobody joins them any more."""
        joined, outcome = _Next(), LEAD
        try:
            await self._quiet(self._next[shared])
            joined, self._next[shared] = self._next[shared], _Next()
            if statement.keys is not None:
                parameters = {**parameters, statement.keys: list(joined.keys)}
            found = outcome = await self._send(statement, parameters)
        except Exception as error:
            outcome = error
            raise
        finally:
            if outcome is LEAD:
                # Cancelled: the others have still to be answered.
                self._next[shared].futures[:0] = joined.futures
                self._next[shared].keys.update(joined.keys)
            else:
                for future in joined.futures:
                    if not future.done():
                        future.set_result(outcome)
            self._appoint(shared)
        return found

    async def _quiet(self, joined: _Next) -> None:
        """Wait for a turn of the loop in which nobody joins: requests trickle in under load."""
        before = -1
        for _ in range(TURNS_MAX):
            if len(joined.futures) == before:
                return
            before = len(joined.futures)
            await asyncio.sleep(0)

    async def _send(self, statement: Statement[Made], parameters: Mapping[str, Any]) -> Made:
        arguments = statement.arguments(parameters)
        return statement.made(await self._pool.fetch(statement.sql, arguments))

    def _appoint(self, shared: Shared) -> None:
        """Let the first who still waits lead; without anybody, there is nothing to share."""
        waiting = self._next[shared].futures
        while waiting:
            future = waiting.pop(0)
            if not future.done():
                future.set_result(LEAD)
                return
        del self._next[shared]
