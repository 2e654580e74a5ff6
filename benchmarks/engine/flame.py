"""A flame graph of the worker while it answers the 20-services query, drawn by py-spy."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread

from benchmarks.engine.plan import Plan
from benchmarks.engine.race import captured_queries
from benchmarks.exchange import GRAPHQL_PATH
from benchmarks.servers import EXECUTING, azora_serve
from benchmarks.throughput import core_apart, order_of, sample_of
from benchmarks.world import World

PY_SPY = Path(sys.executable).parent / "py-spy"
QUERY_NAME = "Q2"
# Load that begins before py-spy watches and ends after it.
EXTRA_SECONDS = 3
SAMPLES_A_SECOND = 400


class CannotWatch(Exception):
    """py-spy may not read another process here (it needs ptrace: root or SYS_PTRACE)."""


def draw_flame_graph(world: World, plan: Plan, path: Path) -> None:
    """Write an SVG of where the worker spends its time. Raises CannotWatch."""
    with azora_serve(world, **EXECUTING) as azora:
        exchange = next(
            each for each in captured_queries(azora.port) if each.query.name == QUERY_NAME
        )
        order = order_of(exchange, GRAPHQL_PATH, azora.port, plan, core_apart([azora]))
        busy = replace(order, seconds=float(plan.flame_seconds + EXTRA_SECONDS))
        load = Thread(target=sample_of, args=(azora, busy))
        load.start()
        try:
            _watch(azora.pid, path, plan.flame_seconds)
        finally:
            load.join()


def _watch(pid: int, path: Path, seconds: int) -> None:
    options = {
        "--pid": pid,
        "--output": path,
        "--duration": seconds,
        "--rate": SAMPLES_A_SECOND,
    }
    arguments = [str(part) for option in options.items() for part in option]
    finished = subprocess.run(
        [str(PY_SPY), "record", *arguments], check=False, capture_output=True, text=True
    )
    if finished.returncode != 0:
        raise CannotWatch(finished.stderr)
