"""uvicorn's HTTP protocol, with what is known already not done again, and a gentler end.

uvicorn writes an answer's head and its body one after the other, and looks at each header by
itself: on a small answer, a tenth of all there is to do. It parses each head anew, wakes the client
for each answer of a turn of the event loop, and has a timer for each pause between two requests.
"""

import asyncio
from typing import Any, cast

import structlog
from uvicorn._types import (
    ASGI3Application,
    ASGISendEvent,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
)
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from web.server.answers import AT_ONCE, WholeAnswer, on_the_wire
from web.server.heads import Head, Heads
from web.server.transport import JoinedTransport, Turn

TURN = "turn"
"""The attribute of the state that a server's connections share."""
FIRST_REQUEST_SECONDS_MAX = 1.0

logger = structlog.get_logger(__name__)


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
        answer = WholeAnswer(head["status"], list(head.get("headers", ())), body.get("body", b""))
        text = on_the_wire(self.default_headers, answer)
        if text is None:
            return False
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(text)
        self.message_event.set()
        self.on_response()
        return True


class HttpProtocol(HttpToolsProtocol):
    """One connection.

    When the server ends, a client that has connected and not asked yet is given a moment: its
    request is as a rule on its way, and uvicorn would reset the connection under it.
    """

    _is_ending = False
    _is_within_request = False
    """Whether the parser has a part of a request and not yet its end."""
    _idle_since: float | None = None
    """When the last answer was sent, by the loop's clock; `None` while a request is under way."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        turn = vars(self.server_state).setdefault(TURN, Turn(self.loop))
        super().connection_made(cast("asyncio.Transport", JoinedTransport(transport, turn)))
        self._heads = Heads()
        # uvicorn asks the logger alone, which others may have given a handler.
        self.access_log = self.access_log and self.config.access_log

    def data_received(self, data: bytes) -> None:
        """Begin the request that `data` is, or feed the parser."""
        if not self._is_between_requests:
            super().data_received(data)
        elif (known := self._heads.split(data)) is not None:
            self._idle_since = None
            self._begin(*known)
        else:
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self._learn(data)

    def on_message_begin(self) -> None:
        self._is_within_request = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._is_within_request = False
        super().on_message_complete()

    @property
    def _is_between_requests(self) -> bool:
        """Whether what comes next is the first byte of a request, and nothing is under way."""
        if self._is_within_request:
            return False
        return not self._has_request or self.cycle.response_complete

    def _learn(self, data: bytes) -> None:
        """Know the head of the request that has just begun, if `data` is the whole of it."""
        cycle = self.cycle
        is_whole = not cycle.more_body and not cycle.waiting_for_100_continue
        if is_whole and cycle.keep_alive and self.limit_concurrency is None:
            self._heads.learn(data, cast("dict[str, Any]", cycle.scope), len(cycle.body))

    def _begin(self, head: Head, body: bytes) -> None:
        """Give the answer, if it is known; else do what uvicorn does with a parsed request.

        That is its `on_headers_complete`, `on_body` and `on_message_complete`, as of 0.54.
        """
        is_ordinary = head.template["method"] != "HEAD" and not self.access_log
        if is_ordinary and not self.flow.write_paused and self._has_answered(head, body):
            return
        self.scope = cast("Any", head.scope())
        self.cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=self.on_response_complete,
        )
        self.cycle.body += body
        if len(body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        self.cycle.more_body = False
        self.cycle.message_event.set()
        self._start_asgi_task(self.cycle, cast("ASGI3Application", self.app))

    def _has_answered(self, head: Head, body: bytes) -> bool:
        try:
            known = head.ask(self.app_state.get(AT_ONCE))
            answer = None if known is None else known(body)
        except Exception:
            # A request of its own then fails, or not, where failures are answered.
            logger.exception("answer_at_once_failed")
            return False
        text = None if answer is None else on_the_wire(self.server_state.default_headers, answer)
        if text is None:
            return False
        self.transport.write(text)
        self.on_response_complete()
        return True

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
