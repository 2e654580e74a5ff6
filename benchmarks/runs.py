"""What every run begins with: its folder, its signals, and the comparisons in process."""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvloop

from benchmarks.composition import Comparison, compare
from benchmarks.world import World
from core.settings import REPOSITORY
from resolvers.context import Platform

KEPT_FOLDER = REPOSITORY / ".azora" / "benchmarks"


@contextmanager
def opened_folder(*, is_kept: bool) -> Generator[Path]:
    """The folder of our own, or one that goes when the block ends."""
    if is_kept:
        KEPT_FOLDER.mkdir(parents=True, exist_ok=True)
        yield KEPT_FOLDER
        return
    folder = Path(tempfile.mkdtemp(prefix="azora-benchmarks-"))
    # The servers may run as another user, who must reach what is theirs.
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def end_in_order() -> None:
    """Let both signals end as Ctrl-C does: event loops cancel their work, servers are stopped."""
    signal.signal(signal.SIGTERM, _interrupt)
    # Shells let their background jobs ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    del signal_number, frame
    signal.raise_signal(signal.SIGINT)


def comparisons(world: World, *, rounds: int) -> Sequence[Comparison]:
    """Every case of the composed schema and the plain ones, compared in this process."""

    async def run() -> Sequence[Comparison]:
        platform = await Platform.open(world.settings())
        try:
            return await compare(platform, rounds=rounds)
        finally:
            await platform.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())
