"""What begins with the application and must be gone when it ends."""

import asyncio
import gc
import os
import signal
import socket
import sys
import weakref
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette

from core.errors import StoreUnavailable
from core.settings import Settings
from resolvers.context import Platform
from tests.tasks import our_tasks
from tests.web.world import FakePlatform, MakeApp
from web.lifespan import GARBAGE_THRESHOLDS

REPOSITORY = Path(__file__).parent.parent.parent
PATIENCE_SECONDS = 60


class FakeConnection:
    """Ends itself when told to, unless it is stubborn."""

    def __init__(self, app: Starlette, *, is_stubborn: bool = False) -> None:
        self.app = app
        self.is_stubborn = is_stubborn
        self.orders: list[tuple[int, str]] = []

    def close_soon(self, code: int, reason: str) -> None:
        self.orders.append((code, reason))
        if not self.is_stubborn:
            asyncio.get_running_loop().call_soon(self.app.state.sockets.discard, self)


class Knot:
    """Refers to itself, so that only the garbage collector can free it."""

    itself: "Knot"


@dataclass
class Supervised:
    """Workers of one supervisor, which share a port."""

    process: asyncio.subprocess.Process
    port: int
    workers: list[int] = field(default_factory=list)

    async def started(self, count: int) -> list[int]:
        """The process ids of the next workers that are ready."""
        assert self.process.stdout is not None
        pids: list[int] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(pids) < count:
                line = await self.process.stdout.readline()
                assert line, "the supervisor ended by itself"
                pids.append(int(line.split()[1]))
        self.workers += pids
        return pids

    async def serving(self) -> None:
        """Return when somebody listens, which a worker does once it is ready."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                with suppress(ConnectionRefusedError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                await asyncio.sleep(0.05)

    async def ended(self) -> None:
        """Return when all have. The pipe ends with the last process that holds it."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.process.stdout.read()
            await self.process.wait()
        self.workers.clear()


@pytest.fixture
async def supervised() -> AsyncGenerator[Supervised]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.web.supervised",
        str(port),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
    )
    supervised = Supervised(process, port)
    yield supervised
    if process.returncode is None:
        process.kill()
        await process.wait()
    for pid in supervised.workers:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class TestServing:
    async def test_opens_runs_and_closes_the_platform(
        self, make_app: MakeApp, platform: FakePlatform
    ) -> None:
        app = make_app()

        async with app.router.lifespan_context(app):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await platform.ran.wait()
            assert app.state.runtime.platform is platform
            assert not platform.is_closed

        assert platform.is_closed
        with pytest.raises(RuntimeError, match="within the application's lifespan"):
            _ = app.state.runtime.platform

    async def test_leaves_no_task_behind(self, make_app: MakeApp) -> None:
        app = make_app()
        before = our_tasks()

        async with app.router.lifespan_context(app):
            assert our_tasks() > before

        assert our_tasks() - before == set()

    async def test_spares_what_is_there_at_its_beginning_from_garbage_collection(
        self, make_app: MakeApp
    ) -> None:
        app = make_app()
        gc.collect()
        before, tracked = gc.get_threshold(), len(gc.get_objects())

        async with app.router.lifespan_context(app):
            during, frozen, left = gc.get_threshold(), gc.get_freeze_count(), len(gc.get_objects())

        assert during == GARBAGE_THRESHOLDS
        assert frozen > tracked / 2 > left
        assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)

    async def test_still_collects_what_comes_later(self, make_app: MakeApp) -> None:
        app = make_app()

        async with app.router.lifespan_context(app):
            knot = Knot()
            knot.itself = knot
            gone = weakref.ref(knot)
            del knot
            gc.collect()

            assert gone() is None

    async def test_runs_background_work_again_after_a_failure(
        self, make_app: MakeApp, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("web.lifespan.PAUSE_SECONDS", 0.01)
        platform.run_failures = [RuntimeError("no"), StoreUnavailable("Redis")]
        app = make_app()

        async with app.router.lifespan_context(app):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await platform.ran.wait()

        assert platform.runs == 3

    async def test_lets_background_work_end_by_itself(
        self, make_app: MakeApp, platform: FakePlatform
    ) -> None:
        async def nothing() -> None:
            platform.ran.set()

        platform.run = nothing  # type: ignore[method-assign]
        app = make_app()

        async with app.router.lifespan_context(app):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await platform.ran.wait()

        assert platform.is_closed

    async def test_ends_open_sockets_with_1012(
        self, make_app: MakeApp, platform: FakePlatform
    ) -> None:
        app = make_app()
        connection = FakeConnection(app)

        async with app.router.lifespan_context(app):
            app.state.sockets.add(connection)

        assert connection.orders == [(1012, "The server restarts")]
        assert len(app.state.sockets) == 0
        assert platform.is_closed

    async def test_does_not_wait_long_for_a_socket(
        self, make_app: MakeApp, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("web.lifespan.SOCKETS_SECONDS_MAX", 0.05)
        app = make_app()

        async with app.router.lifespan_context(app):
            app.state.sockets.add(FakeConnection(app, is_stubborn=True))

        assert platform.is_closed

    async def test_does_not_begin_without_its_stores(self, make_app: MakeApp) -> None:
        async def away(_: Settings) -> Platform:
            raise StoreUnavailable("MongoDB")

        app = make_app(options={"open_platform": away})

        with pytest.raises(StoreUnavailable):
            async with app.router.lifespan_context(app):
                pass


class TestWorkers:
    async def test_ask_themselves_to_stop_when_their_supervisor_is_gone(
        self, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sentinel, supervisor = os.pipe()
        signals: list[tuple[int, int]] = []
        asked = asyncio.Event()

        def note(pid: int, number: int) -> None:
            signals.append((pid, number))
            asked.set()

        parent = SimpleNamespace(sentinel=sentinel)
        monkeypatch.setattr("multiprocessing.parent_process", lambda: parent)
        monkeypatch.setattr("os.kill", note)
        app = make_app()

        async with app.router.lifespan_context(app):
            await asyncio.sleep(0)
            assert signals == []
            os.close(supervisor)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asked.wait()

        os.close(sentinel)
        assert signals == [(os.getpid(), signal.SIGTERM)]

    async def test_end_when_their_supervisor_is_killed(self, supervised: Supervised) -> None:
        await supervised.started(2)

        supervised.process.kill()

        await supervised.ended()

    async def test_are_replaced_without_a_request_lost(self, supervised: Supervised) -> None:
        old = await supervised.started(2)
        await supervised.serving()
        statuses: list[bytes] = []
        is_enough = asyncio.Event()
        asking = asyncio.gather(
            *(_keep_asking(supervised.port, statuses, is_enough) for _ in range(4))
        )

        supervised.process.send_signal(signal.SIGHUP)
        new = await supervised.started(2)
        # The last old worker ends when its successor is ready.
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(map(_is_running, old)):  # noqa: ASYNC110  # their parent is another process
                await asyncio.sleep(0.05)
        is_enough.set()
        await asking

        assert set(old).isdisjoint(new)
        assert set(statuses) == {b"HTTP/1.1 200 OK\r\n"}
        supervised.process.terminate()
        await supervised.ended()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def _keep_asking(port: int, statuses: list[bytes], is_enough: asyncio.Event) -> None:
    """Ask over one new connection after the other, and note each answer's first line."""
    while not is_enough.is_set():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        statuses.append(await reader.readline())
        await reader.read()
        writer.close()
        await writer.wait_closed()
