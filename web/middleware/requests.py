"""Gives each request its id and its line in the log."""

import re
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars
from uuid_utils import uuid7

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
HEADER = b"x-request-id"
ANSWER_BEGAN = "answer_began"
"""The key of a scope that is there once its answer has begun: it cannot be another any more."""
STARTS = frozenset({"http.response.start", "websocket.http.response.start", "websocket.accept"})

logger = structlog.get_logger(__name__)


class Requests:
    """Outermost: `scope["request_id"]`, the header `X-Request-Id`, one access line a request.

    Whoever serves the request adds to its line by binding structlog's context variables.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope["request_id"] = request_id
        # A task may serve several requests of one connection.
        clear_contextvars()
        bind_contextvars(requestId=request_id)
        started = time.perf_counter()
        # A socket that nobody accepts is refused with 403 (ASGI, "websocket.close").
        status = 0 if scope["type"] == "http" else 403
        header = (HEADER, request_id.encode())

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] in STARTS:
                status = message.get("status", 101)
                scope[ANSWER_BEGAN] = True
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            log_request(scope, status, started)


def log_request(scope: Scope, status: int, started: float, **fields: str) -> None:
    """The line of a request that began at `started`, by `time.perf_counter`."""
    logger.info(
        "http_request" if scope["type"] == "http" else "websocket",
        method=scope.get("method", "GET"),
        path=scope["path"],
        status=status,
        latency=round((time.perf_counter() - started) * 1000, 2),
        **fields,
    )


def new_request_id() -> str:
    return uuid7().hex


def _request_id(scope: Scope) -> str:
    """The caller's id where it is a sane one, so that traces join up; else a new one."""
    for name, value in scope["headers"]:
        if name == HEADER and REQUEST_ID.fullmatch(value):
            return value.decode()
    return new_request_id()
