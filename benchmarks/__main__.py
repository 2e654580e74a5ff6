"""Measures the server with a seeded world: `python -m benchmarks [--smoke] [--write]`."""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvloop
from rich.console import Console

from benchmarks.cold_start import measure_cold_start
from benchmarks.composition import Comparison, compare
from benchmarks.machine import current_load, facts
from benchmarks.plan import FULL, SMOKE, Plan
from benchmarks.report import Measurements, markdown, write
from benchmarks.throughput import measure_throughput
from benchmarks.world import World, opened_world
from core.settings import REPOSITORY
from resolvers.context import Platform

KEPT_FOLDER = REPOSITORY / ".azora" / "benchmarks"


def main() -> None:
    """Measure everything once, print it, and write it down where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--smoke", action="store_true", help="only see that everything runs")
    what.add_argument("--write", action="store_true", help="put the report into README.md")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    # Shells let their background jobs ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    console = Console(stderr=True, highlight=False)
    plan = SMOKE if chosen.smoke else FULL
    with _folder(is_kept=not chosen.smoke) as folder:
        report = markdown(_measured(folder, plan, console, is_kept=not chosen.smoke))
    print(report)
    if chosen.write:
        write(report)


def _measured(folder: Path, plan: Plan, console: Console, *, is_kept: bool) -> Measurements:
    started_from = facts()
    before = current_load()
    with opened_world(folder, plan.size, is_kept=is_kept, console=console) as world:
        console.print("Composed against plain", style="dim")
        comparisons = _comparisons(world, plan)
        console.print("Cold start", style="dim")
        cold_start = measure_cold_start(world, rounds=plan.start_rounds)
        throughput = measure_throughput(world, plan, console)
        seeding = world.seeding
    return Measurements(
        facts=started_from,
        before=before,
        after=current_load(),
        seeding=seeding,
        comparisons=comparisons,
        cold_start=cold_start,
        throughput=throughput,
    )


def _comparisons(world: World, plan: Plan) -> Sequence[Comparison]:
    async def run() -> Sequence[Comparison]:
        platform = await Platform.open(world.settings())
        try:
            return await compare(platform, rounds=plan.composition_rounds)
        finally:
            await platform.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


@contextmanager
def _folder(*, is_kept: bool) -> Generator[Path]:
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


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does: an event loop cancels its work in order, and servers are stopped."""
    del signal_number, frame
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
