"""uvicorn's HTTP protocol, with an answer's head and body in one write, and a gentler end.

uvicorn writes one after the other, and looks at each header by itself: on a small answer, a tenth
of all there is to do.
"""

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

LINE_END = b"\r\n"
FRAMING = frozenset({b"connection", b"transfer-encoding"})
FIRST_REQUEST_SECONDS_MAX = 1.0


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

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        # uvicorn names its own class where it makes one.
        cycle.__class__ = Cycle
        super()._start_asgi_task(cycle, app)

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
