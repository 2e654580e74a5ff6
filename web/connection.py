"""One WebSocket after its handshake: the protocol graphql-transport-ws, from init to close.

A task group owns everything that runs for the connection. Whatever ends it is an exception within
the group, so all operations have been cancelled when the close frame is sent.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar, cast

import orjson
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect
from structlog.contextvars import bind_contextvars

from core.errors import CodedError
from core.ids import new_id
from services.auth.viewer import Viewer
from web.access_log import note_viewer
from web.auth import is_gateway, public_user_id, token_of
from web.messages import (
    FAILED,
    FORBIDDEN,
    TIMED_OUT,
    TOO_MANY_INITS,
    UNACKNOWLEDGED,
    ClientMessage,
    Complete,
    ConnectionInit,
    Ping,
    Pong,
    SocketClosing,
    Subscribe,
    read_message,
)
from web.operations import Operations
from web.runtime import Runtime

Failure = TypeVar("Failure", bound=Exception)

logger = structlog.get_logger(__name__)


class Connection:
    """One client. `serve` returns when the socket is closed and nothing of it runs any more."""

    def __init__(
        self,
        websocket: WebSocket,
        runtime: Runtime,
        *,
        secret: bytes | None,
    ) -> None:
        """`secret` is what the init must carry, where the handshake had to and did not."""
        self._websocket = websocket
        self._runtime = runtime
        self._limits = runtime.socket_limits
        self._secret = secret
        self._viewer = Viewer.ANONYMOUS
        self._acknowledged = asyncio.Event()
        self._order: asyncio.Future[SocketClosing] = asyncio.get_running_loop().create_future()
        self._sending = asyncio.Lock()
        self._unanswered_pings = 0
        self._operations = Operations(
            runtime,
            self._send,
            operations_max=runtime.socket_limits.operations_max,
            socket_id=websocket.scope["request_id"],
        )

    async def serve(self) -> None:
        self._runtime.sockets.add(self)
        try:
            closing = await self._converse()
            if closing is not None:
                await self._close(closing)
        finally:
            self._runtime.sockets.discard(self)

    def close_soon(self, code: int, reason: str) -> None:
        """Cancel what runs and close with `code`; returns at once."""
        if not self._order.done():
            self._order.set_result(SocketClosing(code, reason))

    async def _converse(self) -> SocketClosing | None:
        """Serve the client until one side ends it. What to close with, if it was ours."""
        closing: SocketClosing | None = None
        has_left = False
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._obey())
                tasks.create_task(self._await_init())
                await self._listen(tasks)
        except* WebSocketDisconnect as group:
            has_left = True
            bind_contextvars(closeCode=_first(group).code)
        except* SocketClosing as group:
            closing = _first(group)
        except* Exception:
            logger.exception("socket_failed")
            closing = SocketClosing(FAILED, "Something went wrong on our side")
        return None if has_left else closing

    async def _obey(self) -> NoReturn:
        raise await self._order

    async def _await_init(self) -> None:
        try:
            async with asyncio.timeout(self._limits.init_seconds):
                await self._acknowledged.wait()
        except TimeoutError:
            raise SocketClosing(TIMED_OUT, "Connection initialisation timeout") from None

    async def _listen(self, tasks: asyncio.TaskGroup) -> NoReturn:
        while True:
            frame = await self._websocket.receive()
            if frame["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(frame["code"], frame.get("reason"))
            await self._handle(read_message(frame.get("text")), tasks)

    async def _handle(self, message: ClientMessage, tasks: asyncio.TaskGroup) -> None:
        match message:
            case ConnectionInit():
                await self._acknowledge(message, tasks)
            case Ping(payload):
                echo = {} if payload is None else {"payload": payload}
                await self._send({"type": "pong", **echo})
            case Pong():
                self._unanswered_pings = 0
            case Subscribe():
                if not self._acknowledged.is_set():
                    raise SocketClosing(UNACKNOWLEDGED, "Unauthorized")
                await self._operations.start(message, self._viewer, within=tasks)
            case Complete(operation_id):
                self._operations.stop(operation_id)

    async def _acknowledge(self, message: ConnectionInit, tasks: asyncio.TaskGroup) -> None:
        if self._acknowledged.is_set():
            raise SocketClosing(TOO_MANY_INITS, "Too many initialisation requests")
        self._viewer = self._admitted(message.payload)
        note_viewer(self._viewer)
        self._acknowledged.set()
        await self._send({"type": "connection_ack", "payload": self._welcome()})
        tasks.create_task(self._stay_alive())
        if self._viewer.expires_at is not None:
            tasks.create_task(self._expire(self._viewer.expires_at))

    def _admitted(self, payload: dict[str, Any]) -> Viewer:
        """Who connects. Raises SocketClosing (4403), after which clients fetch a new token."""
        secret = self._secret
        if secret is not None and not is_gateway(payload.get("gatewaySecret"), secret):
            raise SocketClosing(FORBIDDEN, "Only the gateway may connect to a subgraph")
        try:
            token = token_of(payload)
            if token is None:
                return Viewer.ANONYMOUS
            return self._runtime.platform.authenticate(token)
        except CodedError:
            raise SocketClosing(FORBIDDEN, "token_invalid") from None

    def _welcome(self) -> dict[str, Any]:
        expires_at = self._viewer.expires_at
        return {
            "userId": public_user_id(self._viewer),
            "expiresAt": _wire_time(expires_at) if expires_at is not None else None,
            "heartbeatMs": int(self._limits.heartbeat_seconds * 1000),
        }

    async def _expire(self, moment: datetime) -> NoReturn:
        await asyncio.sleep((moment - self._runtime.platform.stores.clock()).total_seconds())
        raise SocketClosing(FORBIDDEN, "token_expired")

    async def _stay_alive(self) -> NoReturn:
        """Ping the client and count it as online, until it stops answering."""
        presence = self._runtime.platform.presence
        member = str(self._viewer.user_id or new_id())
        self._runtime.sockets.enter(member)
        try:
            while True:
                await presence.mark(member)
                await asyncio.sleep(self._limits.heartbeat_seconds)
                await self._ping()
        finally:
            if self._runtime.sockets.leave(member):
                await presence.leave(member)

    async def _ping(self) -> None:
        if self._unanswered_pings >= self._limits.missed_pongs_max:
            raise SocketClosing(TIMED_OUT, "No pong")
        self._unanswered_pings += 1
        try:
            async with asyncio.timeout(self._limits.heartbeat_seconds):
                await self._send({"type": "ping"})
        except TimeoutError:
            raise SocketClosing(TIMED_OUT, "The client does not read") from None

    async def _send(self, message: dict[str, Any]) -> None:
        """Send when the client has room for it. Raises WebSocketDisconnect when it has gone."""
        text = orjson.dumps(message).decode()
        async with self._sending:
            await self._websocket.send({"type": "websocket.send", "text": text})

    async def _close(self, closing: SocketClosing) -> None:
        bind_contextvars(closeCode=closing.code)
        try:
            async with asyncio.timeout(self._limits.close_seconds):
                await self._websocket.close(closing.code, closing.reason)
        except (TimeoutError, WebSocketDisconnect):
            # It does not read, or has gone: the server cuts the connection when we return.
            return


def _first(group: ExceptionGroup[Failure]) -> Failure:
    """Any one of the failures, which happened at once. Task groups do not nest here."""
    return cast("Failure", group.exceptions[0])


def _wire_time(moment: datetime) -> str:
    """UTC with milliseconds and `Z`, as clients see times everywhere."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
