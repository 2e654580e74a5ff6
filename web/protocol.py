"""uvicorn's HTTP protocol, with an answer's head and body in one write, and a gentler end.

uvicorn writes one after the other, and looks at each header by itself: on a small answer, a tenth
of all there is to do. It also wakes the client for each answer of a turn of the event loop, and
has a timer for each pause between two requests.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from uvicorn._types import (
    ASGI3Application,
    ASGISendEvent,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
)
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

WAITING_BYTES_MAX = 65_536
TURN = "turn"
"""The attribute of the state that a server's connections share."""
LINE_END = b"\r\n"
FRAMING = frozenset({b"connection", b"transfer-encoding"})
FIRST_REQUEST_SECONDS_MAX = 1.0


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
            self._transport.write(data)


class Cycle(RequestResponseCycle):
    """One request with its answer. What is not an ordinary answer goes uvicorn's own way."""

    head: HTTPResponseStartEvent | None = None
    """What waits for its body."""

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "http.response.start" and self.head is None:
            self.head = message
            return
        head, self.head = self.head, None
        if head is None:
            await super().send(message)
        elif message["type"] != "http.response.body" or not self._has_sent(head, message):
            await super().send(head)
            await super().send(message)

    async def send_500_response(self) -> None:
        self.head = None
        await super().send_500_response()

    def _has_sent(self, head: HTTPResponseStartEvent, body: HTTPResponseBodyEvent) -> bool:
        """Send a whole answer at once, if it is one whose length and end are clear."""
        is_ordinary = self.keep_alive and self.scope["method"] != "HEAD" and not self.access_log
        if not is_ordinary or body.get("more_body") or self.flow.write_paused or self.disconnected:
            return False
        content, length = body.get("body", b""), b""
        headers = [*self.default_headers, *head.get("headers", ())]
        lines = [STATUS_LINE[head["status"]]]
        for name, value in headers:
            if name in FRAMING:
                return False
            if name == b"content-length":
                length = value
            lines += (name, b": ", value, LINE_END)
        text = b"".join(lines)
        lines_expected = len(headers) + 1
        has_other_lines = text.count(b"\n") != lines_expected or text.count(b"\r") != lines_expected
        if has_other_lines or length != b"%d" % len(content):
            return False
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"".join((text, LINE_END, content)))
        self.message_event.set()
        self.on_response()
        return True


class HttpProtocol(HttpToolsProtocol):
    """One connection.

    When the server ends, a client that has connected and not asked yet is given a moment: its
    request is as a rule on its way, and uvicorn would reset the connection under it.
    """

    _is_ending = False
    _idle_since: float | None = None
    """When the last answer was sent, by the loop's clock; `None` while a request is under way."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        turn = vars(self.server_state).setdefault(TURN, Turn(self.loop))
        super().connection_made(cast("asyncio.Transport", JoinedTransport(transport, turn)))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        # uvicorn names its own class where it makes one.
        cycle.__class__ = Cycle
        super()._start_asgi_task(cycle, app)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_again_in(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that has been idle for too long, or look again when it may be."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        seconds_left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if seconds_left > 0:
            self._look_again_in(seconds_left)
        else:
            super().timeout_keep_alive_handler()

    def _look_again_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    def _unset_keepalive_if_required(self) -> None:
        # The timer stays: uvicorn's would be made and dropped with each request.
        self._idle_since = None

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
