"""Writes that wait for the end of the event loop's turn, and go out together."""

import asyncio
from collections.abc import Callable
from typing import Any

WAITING_BYTES_MAX = 65_536


class Turn:
    """Sends what all connections wrote in one turn of the event loop, at its end.

    A client that waits on many of them is woken once.
    """

    __slots__ = ("_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[Callable[[], None]] = []

    def end_with(self, flush: Callable[[], None]) -> None:
        """Call `flush` when the turn ends."""
        if not self._waiting:
            self._loop.call_soon(self._end)
        self._waiting.append(flush)

    def _end(self) -> None:
        waiting, self._waiting = self._waiting, []
        for flush in waiting:
            flush()


class JoinedTransport:
    """A transport whose writes wait for the end of the loop's turn, and go out together."""

    __slots__ = ("_size", "_transport", "_turn", "_waiting")

    def __init__(self, transport: asyncio.Transport, turn: Turn) -> None:
        self._transport = transport
        self._turn = turn
        self._waiting: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send `data` soon; at once what is too much to keep."""
        if not self._waiting:
            self._turn.end_with(self._flush)
        self._waiting.append(data)
        self._size += len(data)
        if self._size > WAITING_BYTES_MAX:
            self._flush()

    def close(self) -> None:
        """Send what waits, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._size = 0
            # uvloop raises where the client has gone, and the turn would end without the others.
            if not self._transport.is_closing():
                self._transport.write(data)
