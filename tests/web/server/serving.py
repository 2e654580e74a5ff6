"""A server with our protocol or with uvicorn's, for one application, within the test's process."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from web.server.protocol import HttpProtocol

PATIENCE_SECONDS = 10


async def answer(scope, receive, send) -> None:
    """Answers with the request's path."""
    body = scope["path"].encode()
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def received(app, *requests, protocol=HttpProtocol) -> bytes:
    """All that comes back for the requests, the last of which ends the connection."""
    async with served(app, protocol) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"".join(requests))
        async with asyncio.timeout(10):
            found = await reader.read()
        writer.close()
        await writer.wait_closed()
        return found


@asynccontextmanager
async def served(
    app, protocol=HttpProtocol, state: Mapping[str, Any] = MappingProxyType({}), **options
) -> AsyncGenerator[int]:
    """The port of a server with our protocol, or with another; `state` is that of its lifespan."""
    # As `azora serve` has it; the default depends on the handlers of the test's process.
    options = {"access_log": False, **options}
    config = uvicorn.Config(app, lifespan="off", log_level="critical", **options)
    config.load()
    server_state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: protocol(config, server_state, dict(state)), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]
        for connection in list(server_state.connections):
            connection.transport.close()
        async with asyncio.timeout(10):
            while server_state.connections:  # noqa: ASYNC110  # nobody signals it
                await asyncio.sleep(0)


class Client:
    """One connection."""

    def __init__(self, reader, writer) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, request: bytes) -> bytes:
        self.writer.write(request)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.reader.read(65_536)


@asynccontextmanager
async def connected(port) -> AsyncGenerator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield Client(reader, writer)
    writer.close()
    await writer.wait_closed()
