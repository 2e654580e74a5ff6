"""uvicorn's HTTP protocol, with an answer's head and body in one write, and a gentler end.

uvicorn writes them one after the other: two system calls here, and two wake-ups of the client.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WAITING_BYTES_MAX = 65_536
FIRST_REQUEST_SECONDS_MAX = 1.0


class JoinedTransport:
    """A transport whose writes wait for the end of the loop's turn, and go out together."""

    __slots__ = ("_loop", "_size", "_transport", "_waiting")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send `data` soon; at once what is too much to keep."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
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
            self._transport.write(data)


class HttpProtocol(HttpToolsProtocol):
    """One connection.

    When the server ends, a client that has connected and not asked yet is given a moment: its
    request is as a rule on its way, and uvicorn would reset the connection under it.
    """

    _is_ending = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        joined = JoinedTransport(transport, self.loop)
        super().connection_made(cast("asyncio.Transport", joined))

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self._is_ending and self._has_request:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """End after the answer under way, or the first one."""
        if self._has_request:
            super().shutdown()
            return
        self._is_ending = True
        self.loop.call_later(FIRST_REQUEST_SECONDS_MAX, self._end_unasked)

    @property
    def _has_request(self) -> bool:
        return self.cycle is not None  # pyright: ignore[reportUnnecessaryComparison]  # it is `None` before the first

    def _end_unasked(self) -> None:
        # Without a request it may also have become a WebSocket, which has another end.
        if not self._has_request and self in self.connections:
            self.transport.close()
