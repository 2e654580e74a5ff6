"""A real server and a real client, for tests of the WebSocket."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from tests.web.world import FakePlatform
from web.sockets import SocketLimits

PATIENCE_SECONDS = 5.0
PROTOCOL = Subprotocol("graphql-transport-ws")


class QuietServer(uvicorn.Server):
    """Leaves the signals of the test process alone."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    @property
    def address(self) -> str:
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"{host}:{port}"


@dataclass
class Socket:
    """A client that speaks JSON and never waits for ever."""

    connection: ClientConnection

    async def send(self, message: object) -> None:
        await self.connection.send(orjson.dumps(message).decode())

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return orjson.loads(await self.connection.recv())

    async def subscribe(self, operation_id: str, query: str, **payload: Any) -> None:
        payload = {"query": query, **payload}
        await self.send({"id": operation_id, "type": "subscribe", "payload": payload})

    async def init(self, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        await self.send({"type": "connection_init", "payload": payload})
        return await self.receive()

    async def closed(self) -> tuple[int, str]:
        """The code and reason that the server closes with, whatever it sent before."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.connection.wait_closed()
        return self.connection.close_code or 0, self.connection.close_reason or ""


Serve = Callable[[Starlette], Awaitable[QuietServer]]
Open = Callable[..., Any]


def limited(**limits: float) -> dict[str, Any]:
    return {"options": {"socket_limits": SocketLimits(**limits)}}  # type: ignore[arg-type]


async def eventually(condition: Callable[[], bool]) -> bool:
    """Whether something without an event to wait for becomes true in time."""
    for _ in range(500):
        if condition():
            return True
        await asyncio.sleep(0.01)
    return False


async def steady(platform: FakePlatform) -> int:
    """How many events the source was asked for, once it is asked for no more."""
    await platform.streams.until(lambda streams: streams.produced > 0)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            produced = platform.streams.produced
            platform.streams.changed.clear()
            try:
                async with asyncio.timeout(0.2):
                    await platform.streams.changed.wait()
            except TimeoutError:
                return produced
