"""Starts the suite's processes on free ports, and ends each one, whatever happens.

On Linux they end with the test run even when it is killed.
"""

import asyncio
import ctypes
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process, create_subprocess_exec
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx2

REPOSITORY = Path(__file__).parents[2]
INHERITED = ("PATH", "HOME", "LANG")
LOOPBACK = "127.0.0.1"
READY_SECONDS_MAX = 90.0
POLL_SECONDS = 0.1
STOP_SECONDS_MAX = 15.0
LOG_LINES_SHOWN = 20
# See prctl(2).
PR_SET_PDEATHSIG = 1
# More at once would only wait for the processor.
STARTS_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Program:
    """What to start, and the path below its origin that answers 200 once it is ready."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    origin: str
    ready_path: str


class Processes:
    """Running programs, all of which end with the block."""

    def __init__(self, exits: AsyncExitStack, logs: Path) -> None:
        self._exits = exits
        self._logs = logs
        self._places = asyncio.Semaphore(STARTS_AT_ONCE)

    async def start(self, *programs: Program) -> None:
        """Start programs, a few at once. Returns when all are ready; raises when one is not."""
        async with asyncio.TaskGroup() as starts:
            for program in programs:
                starts.create_task(self._start(program))

    async def _start(self, program: Program) -> None:
        async with self._places:
            log = self._logs / f"{program.name}.log"
            await self._exits.enter_async_context(_running(program, log))


@asynccontextmanager
async def processes(logs: Path) -> AsyncGenerator[Processes]:
    """Programs that end with the block, last started first. Their output is kept in `logs`."""
    async with AsyncExitStack() as exits:
        yield Processes(exits, logs)


def loopback_origins(count: int) -> list[str]:
    """Origins on ports that are free now, all different."""
    with ExitStack() as exits:
        probes = [exits.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [f"http://{LOOPBACK}:{probe.getsockname()[1]}" for probe in probes]


async def finished(*command: str) -> None:
    """Run a command to its end. Raises AssertionError with its output when it fails."""
    process = await _spawned(command, {}, PIPE)
    try:
        async with asyncio.timeout(READY_SECONDS_MAX):
            output, _ = await process.communicate()
    finally:
        await _end(process)
    assert process.returncode == 0, output.decode()


@asynccontextmanager
async def _running(program: Program, log: Path) -> AsyncGenerator[None]:
    with log.open("wb") as output:
        process = await _spawned(program.command, program.environment, output)
    try:
        await _until_ready(program, process, log)
        yield
    finally:
        await _end(process)


async def _spawned(
    command: Sequence[str], environment: Mapping[str, str], output: IO[bytes] | int
) -> Process:
    """A process that sees no setting of this project, nor of the gateway, but `environment`."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return await create_subprocess_exec(
        *command,
        cwd=REPOSITORY,
        env={**inherited, **environment},
        stdin=DEVNULL,
        stdout=output,
        stderr=STDOUT,
        preexec_fn=_dying_with_us(),
    )


def _dying_with_us() -> Callable[[], None] | None:
    """What a child does before its program starts; None where only Linux could do it."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)

    def ask() -> None:
        library.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask


async def _until_ready(program: Program, process: Process, log: Path) -> None:
    url = program.origin + program.ready_path
    try:
        async with asyncio.timeout(READY_SECONDS_MAX), httpx2.AsyncClient() as client:
            while not await _is_ready(client, url):
                assert process.returncode is None, f"{program.name} ended: {_tail(log)}"
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        message = f"{program.name} was not ready in {READY_SECONDS_MAX:g} s: {_tail(log)}"
        raise AssertionError(message) from None


async def _is_ready(client: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx2.TransportError:
        return False


async def _end(process: Process) -> None:
    """End a process in order, or by force when it takes too long."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS_MAX):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])
