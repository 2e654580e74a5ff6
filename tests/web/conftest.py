"""The edge over a fake platform: in process for HTTP, behind a real uvicorn for WebSockets."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette

from core.settings import Settings
from resolvers.context import Platform
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


class QuietServer(uvicorn.Server):
    """Leaves the signals of the test process alone."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    @property
    def address(self) -> str:
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"{host}:{port}"


@pytest.fixture
async def serve() -> AsyncGenerator[Callable[..., Any]]:
    """Starts applications on free ports; all are stopped when the test ends."""
    running: list[tuple[QuietServer, asyncio.Task[None]]] = []

    async def served(app: Starlette) -> QuietServer:
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            log_config=None,
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=3,
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
