"""The edge over a fake platform: in process for HTTP, behind a real uvicorn for WebSockets."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import connect

from core.settings import Settings
from resolvers.context import Platform
from tests.web.sockets import PROTOCOL, Open, QuietServer, Serve, Socket
from tests.web.world import Client, ClientOf, FakePlatform, MakeApp, make_graph, make_settings
from web.app import create_app
from web.runtime import Runtime

OWN_ORIGIN = "http://azora.test"


@pytest.fixture
async def platform() -> FakePlatform:
    return FakePlatform()


@pytest.fixture
def open_platform(platform: FakePlatform) -> Callable[[Settings], Any]:
    async def opened(_: Settings) -> Platform:
        return cast("Platform", platform)

    return opened


@pytest.fixture
def make_app(open_platform: Callable[[Settings], Any]) -> MakeApp:
    """An application by `create_app`; keywords that are settings go into the settings."""

    def made(
        *,
        build: Callable[..., Starlette] = create_app,
        options: dict[str, Any] | None = None,
        **settings: object,
    ) -> Starlette:
        arguments = {"graph": make_graph(), "open_platform": open_platform, **(options or {})}
        return build(make_settings(**settings), **arguments)

    return made


@pytest.fixture
def client_of(platform: FakePlatform) -> ClientOf:
    """Requests to an application in process, its platform open."""

    @asynccontextmanager
    async def connected(app: Starlette) -> AsyncGenerator[Client]:
        runtime: Runtime = app.state.runtime
        runtime.opened = cast("Platform", platform)
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url=OWN_ORIGIN) as client:
            yield client

    return connected


@pytest.fixture
async def client(
    make_app: MakeApp,
    client_of: ClientOf,
) -> AsyncGenerator[Client]:
    async with client_of(make_app()) as client:
        yield client


@pytest.fixture
async def serve() -> AsyncGenerator[Callable[..., Any]]:
    """Starts applications on free ports; all are stopped when the test ends."""
    running: list[tuple[QuietServer, asyncio.Task[None]]] = []

    async def served(app: Starlette, **options: Any) -> QuietServer:
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            log_config=None,
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=3,
            **options,
        )
        server = QuietServer(config)
        task = asyncio.create_task(server.serve())
        running.append((server, task))
        async with asyncio.timeout(5):
            while not server.started:
                assert not task.done(), task
                await asyncio.sleep(0.005)
        return server

    yield served
    for server, task in running:
        server.should_exit = True
        async with asyncio.timeout(10):
            await task


@pytest.fixture
def open_socket() -> Open:
    """Connects to a server, by default with the right sub-protocol and no `Origin`."""

    @asynccontextmanager
    async def opened(
        server: QuietServer, path: str = "/graphql", **options: Any
    ) -> AsyncGenerator[Socket]:
        options = {"subprotocols": [PROTOCOL], "compression": None, **options}
        async with connect(f"ws://{server.address}{path}", **options) as connection:
            yield Socket(connection)

    return opened


@pytest.fixture
async def server(make_app: MakeApp, serve: Serve) -> QuietServer:
    return await serve(make_app())


@pytest.fixture
async def socket(server: QuietServer, open_socket: Open) -> AsyncGenerator[Socket]:
    async with open_socket(server) as socket:
        yield socket


@pytest.fixture
async def ready(socket: Socket) -> Socket:
    """A socket that has been acknowledged."""
    assert (await socket.init())["type"] == "connection_ack"
    return socket
