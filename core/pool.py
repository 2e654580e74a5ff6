"""A lean pool of asyncpg connections for single statements.

asyncpg's own pool costs more than a small statement does: a proxy, a shielded task and a reset for
each. Single statements in autocommit leave nothing behind that would need a reset.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import asyncpg
import orjson
from asyncpg import Connection, PostgresError, Record

CLOSE_SECONDS = 1.0
STATEMENTS_KEPT_MAX = 256


class _Idle(NamedTuple):
    connection: Connection
    is_old_after: float


class ReadPool:
    """At most `size` connections, opened when they are needed. The last used is used next."""

    def __init__(
        self,
        connect_arguments: dict[str, Any],
        *,
        size: int,
        wait_seconds: float,
        life_seconds: int,
    ) -> None:
        self._connect_arguments = connect_arguments
        self._wait_seconds = wait_seconds
        self._life_seconds = life_seconds
        self._idle: list[_Idle] = []
        self._places = asyncio.Semaphore(size)
        self._closings: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> list[Record]:
        """The rows of one statement.

        Raises TimeoutError when no connection is free in time, and whatever asyncpg raises.
        """
        held = await self._acquire()
        try:
            records = await held.connection.fetch(sql, *arguments)
        except PostgresError:
            self._release(held)
            raise
        except BaseException:
            # Cancelled or timed out: the server may still be busy with the statement.
            self._discard(held.connection)
            raise
        self._release(held)
        return records

    async def close(self) -> None:
        """Close what is idle, and from now on whatever is released."""
        self._is_closed = True
        while self._idle:
            await _close(self._idle.pop().connection)
        while self._closings:
            await asyncio.gather(*self._closings)

    async def _acquire(self) -> _Idle:
        if self._places.locked():
            async with asyncio.timeout(self._wait_seconds):
                await self._places.acquire()
        else:
            await self._places.acquire()
        try:
            now = asyncio.get_running_loop().time()
            while self._idle:
                held = self._idle.pop()
                if not held.connection.is_closed() and now < held.is_old_after:
                    return held
                await _close(held.connection)
            return _Idle(await self._connect(), now + self._life_seconds)
        except BaseException:
            self._places.release()
            raise

    async def _connect(self) -> Connection:
        connection = await asyncpg.connect(
            **self._connect_arguments, statement_cache_size=STATEMENTS_KEPT_MAX
        )
        try:
            for name in ("json", "jsonb"):
                await connection.set_type_codec(
                    name, encoder=_json_text, decoder=orjson.loads, schema="pg_catalog"
                )
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _release(self, held: _Idle) -> None:
        if self._is_closed or held.connection.is_closed():
            self._discard(held.connection)
            return
        self._idle.append(held)
        self._places.release()

    def _discard(self, connection: Connection) -> None:
        """Close it, and give its place to another when it is closed."""
        closing = asyncio.get_running_loop().create_task(self._close_and_release(connection))
        self._closings.add(closing)
        closing.add_done_callback(self._closings.discard)

    async def _close_and_release(self, connection: Connection) -> None:
        try:
            await _close(connection)
        finally:
            self._places.release()


async def _close(connection: Connection) -> None:
    with suppress(PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        await connection.close(timeout=CLOSE_SECONDS)
    if not connection.is_closed():
        connection.terminate()


def _json_text(value: Any) -> str:
    return orjson.dumps(value).decode()
