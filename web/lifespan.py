"""What begins and ends with a serving process: its stores, background work, sockets and parent."""

import asyncio
import gc
import multiprocessing
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager

import structlog

from core.settings import Settings
from resolvers.context import Platform
from web.messages import RESTARTING
from web.runtime import Runtime

SOCKETS_SECONDS_MAX = 2.0
PAUSE_SECONDS = 1.0
# Allocations before the youngest objects are looked at, then how many of those looks before the
# middle ones are, and so on. Python's 700, 10, 10 costs each larger answer several looks.
GARBAGE_THRESHOLDS = (10_000, 20, 50)

OpenPlatform = Callable[[Settings], Awaitable[Platform]]

logger = structlog.get_logger(__name__)


@asynccontextmanager
async def serving(runtime: Runtime, open_platform: OpenPlatform) -> AsyncGenerator[None]:
    """Open the platform for as long as the application serves, and leave nothing running."""
    platform = await open_platform(runtime.settings)
    runtime.opened = platform
    runtime.share_responses()
    try:
        with ended_with_parent(), garbage_collected_rarely():
            async with asyncio.TaskGroup() as tasks:
                background = tasks.create_task(_kept_running(platform.run))
                yield
                await runtime.sockets.close_all(
                    RESTARTING, "The server restarts", within_seconds=SOCKETS_SECONDS_MAX
                )
                background.cancel()
    finally:
        runtime.opened = None
        await platform.close()


@contextmanager
def garbage_collected_rarely() -> Generator[None]:
    """Leave what is there now, which stays, to no collection, and collect the rest less often.

    A full collection of schema, modules and plans would stop the worker for a tenth of a second.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def ended_with_parent() -> Generator[None]:
    """In a worker of a supervisor: ask ourselves to stop when the supervisor is gone.

    A supervisor that is killed cannot stop its workers, and they would serve on as orphans.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.remove_reader(parent.sentinel)
        logger.warning("supervisor_gone")
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(parent.sentinel, stop)
    try:
        yield
    finally:
        loop.remove_reader(parent.sentinel)


async def _kept_running(work: Callable[[], Awaitable[None]]) -> None:
    """Run background work again after a failure: the requests do not depend on it."""
    while True:
        try:
            await work()
        except Exception:
            logger.exception("background_failed")
        else:
            return
        await asyncio.sleep(PAUSE_SECONDS)
