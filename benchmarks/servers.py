"""The servers that are measured: `azora serve`, and two that only repeat its answers."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.exchange import Exchange, Repetition
from benchmarks.processes import ServerProcess, free_port, server_process
from benchmarks.world import World
from cli.serving import uvicorn_options

AZORA = Path(sys.executable).parent / "azora"
EXECUTING: Mapping[str, object] = {"response_cache_bytes_max": 0}
"""Settings under which every request is executed, none answered from the response cache."""


@contextmanager
def azora_serve(world: World, **changes: object) -> Generator[ServerProcess]:
    """`azora serve` with one worker, and these settings changed."""
    port = free_port()
    with server_process(
        [str(AZORA), "serve"],
        port=port,
        ready_path="/readyz",
        log=world.folder / "azora.log",
        environment=world.environment(port=port, workers=1, **changes),
    ) as process:
        yield process


@contextmanager
def repeating(module: str, exchanges: list[Exchange], world: World) -> Generator[ServerProcess]:
    """One of `benchmarks.bare` and `benchmarks.sink`, which answer at each exchange's path."""
    port = free_port()
    # uvicorn as others run it, without our own protocol.
    options = {**uvicorn_options(world.settings(port=port, workers=1)), "http": "httptools"}
    with server_process(
        [sys.executable, "-m", module],
        port=port,
        ready_path=exchanges[0].path,
        log=world.folder / f"{module}.log",
        standard_input=Repetition.of(exchanges, options).text(),
    ) as process:
        yield process
