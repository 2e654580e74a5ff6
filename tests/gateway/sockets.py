"""A client of graphql-transport-ws that never waits for ever."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PROTOCOL = Subprotocol("graphql-transport-ws")
MESSAGE_SECONDS_MAX = 15.0


class Socket:
    """One connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def init(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The first message after the init. Raises ConnectionClosed when there is none."""
        await self._send({"type": "connection_init", "payload": payload})
        return await self._receive()

    async def subscribe(self, document: str) -> None:
        await self._send({"id": "1", "type": "subscribe", "payload": {"query": document}})

    async def event(self) -> Any:
        """The data of the next event."""
        message = await self._receive()
        while message["type"] in {"ping", "pong"}:
            message = await self._receive()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def _send(self, message: Mapping[str, Any]) -> None:
        await self._connection.send(json.dumps(message))

    async def _receive(self) -> dict[str, Any]:
        async with asyncio.timeout(MESSAGE_SECONDS_MAX):
            return json.loads(await self._connection.recv())


@asynccontextmanager
async def socket_to(
    origin: str, headers: Mapping[str, str] | None = None
) -> AsyncGenerator[Socket]:
    """A connection to the graph at `origin`, until the block ends."""
    address = f"{origin.replace('http', 'ws', 1)}/graphql"
    async with connect(
        address, subprotocols=[PROTOCOL], additional_headers=headers, proxy=None
    ) as connection:
        yield Socket(connection)
