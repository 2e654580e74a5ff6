"""Gives each request its id and its line in the log."""

import re
import time
from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from core.ids import new_id

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
HEADER = b"x-request-id"

logger = structlog.get_logger("azora.requests")


class Requests:
    """Outermost: `scope["request_id"]`, the header `X-Request-Id`, one access line a request.

    Whoever serves the request adds to its line by binding structlog's context variables.
    """

    def __init__(self, app: ASGIApp, *, monotonic: Callable[[], float] = time.perf_counter) -> None:
        self._app = app
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope["request_id"] = request_id
        # A task may serve several requests of one connection.
        clear_contextvars()
        bind_contextvars(requestId=request_id)
        started = self._monotonic()
        status = 0
        header = (HEADER, request_id.encode())

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), header]
            elif message["type"] in ACCEPTANCES:
                status = ACCEPTANCES[message["type"]] or message["status"]
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            logger.info(
                "http_request" if scope["type"] == "http" else "websocket",
                method=scope.get("method", "GET"),
                path=scope["path"],
                status=status,
                latency=round((self._monotonic() - started) * 1000, 2),
            )


ACCEPTANCES = {"websocket.accept": 101, "websocket.http.response.start": 0}


def _request_id(scope: Scope) -> str:
    """The caller's id where it is a sane one, so that traces join up; else a new one."""
    for name, value in scope["headers"]:
        if name == HEADER and REQUEST_ID.fullmatch(value):
            return value.decode()
    return new_id().hex
