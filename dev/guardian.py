"""The process that owns the embedded servers: `python -m dev.guardian FOLDER SERVER...`.

It ends, and ends them in order, when its standard input closes, when its parent is gone, or when
it gets a signal. It speaks lines of JSON (`dev.embedded.Message`) on standard output.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM
from typing import cast

from dev.embedded import Message, Server
from dev.servers.errors import EmbeddedServerError, FolderUnusable
from dev.servers.mongo import MongoServer
from dev.servers.postgres import PostgresServer
from dev.servers.quarters import quarters_for
from dev.servers.redis import RedisServer
from dev.servers.server import EmbeddedServer
from dev.servers.site import Site, lock_folder, secret_of

_WATCH_SECONDS = 0.5


@dataclass(frozen=True)
class Order:
    """What the parent asked for, and who it is."""

    folder: Path
    wanted: Sequence[Server]
    is_durable: bool
    parent: int


def main() -> int:
    """Run the ordered servers until told to stop; 0 unless they failed to start."""
    parser = argparse.ArgumentParser(prog="python -m dev.guardian", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("wanted", type=Server, nargs="+", choices=list(Server))
    parser.add_argument("--not-durable", action="store_false", dest="durable")
    chosen = parser.parse_args()
    order = Order(chosen.folder, chosen.wanted, chosen.durable, os.getppid())
    servers: dict[Server, EmbeddedServer] = {}
    with asyncio.Runner() as runner:
        try:
            return runner.run(guard(order, servers))
        finally:
            # A run of its own: whatever ended the first cannot interrupt the orderly end.
            runner.run(_stop(servers))


async def guard(order: Order, servers: dict[Server, EmbeddedServer]) -> int:
    """Start the servers, tell their addresses, and watch over them until asked to stop."""
    _stop_when_asked()
    try:
        servers.update(await _describe(order))
        addresses = await _start(servers)
        say({"addresses": addresses})
        await _watch(servers, parent=order.parent)
    except OSError as error:
        say({"failure": str(FolderUnusable(order.folder, error))})
        return 1
    except EmbeddedServerError as error:
        say({"failure": str(error)})
        return 1
    except asyncio.CancelledError:
        return 0
    return 0


async def _stop(servers: dict[Server, EmbeddedServer]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for server in servers.values():
            tasks.create_task(server.stop())


async def _describe(order: Order) -> dict[Server, EmbeddedServer]:
    lock = await lock_folder(order.folder, holder=order.parent)
    site = Site(
        folder=order.folder,
        lock=lock,
        secret=secret_of(order.folder),
        is_durable=order.is_durable,
        say=lambda sentence: say({"step": sentence}),
    )
    return {server: _server(server, site) for server in order.wanted}


def _server(server: Server, site: Site) -> EmbeddedServer:
    match server:
        case Server.POSTGRES:
            return PostgresServer(site, quarters_for(site))
        case Server.MONGO:
            return MongoServer(site, site.folder / server)
        case Server.REDIS:
            return RedisServer(site, site.folder / server)


async def _start(servers: dict[Server, EmbeddedServer]) -> dict[str, str]:
    """Start all servers at once; the first failure cancels the others and is raised alone."""
    labels = ", ".join(server.label for server in servers.values())
    say({"step": f"Starting {labels}"})
    try:
        async with asyncio.TaskGroup() as tasks:
            starts = {name: tasks.create_task(server.start()) for name, server in servers.items()}
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return {name.value: start.result() for name, start in starts.items()}


async def _watch(servers: dict[Server, EmbeddedServer], *, parent: int) -> None:
    """Return when the parent is gone; a fork of it may hold the pipe open for longer."""
    running = set(servers.values())
    while os.getppid() == parent:
        for server in [server for server in running if server.exit_code is not None]:
            running.remove(server)
            _complain(str(server.failure(f"ended by itself (exit code {server.exit_code})")))
        await asyncio.sleep(_WATCH_SECONDS)


def _stop_when_asked() -> None:
    """Cancel the current task at the first sign that the servers are not wanted any more."""
    loop = asyncio.get_running_loop()
    task = cast("asyncio.Task[int]", asyncio.current_task())

    def stop() -> None:
        for signal in (SIGINT, SIGTERM, SIGHUP):
            loop.add_signal_handler(signal, lambda: None)
        loop.remove_reader(sys.stdin)
        task.cancel()

    def stop_at_end() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            stop()

    for signal in (SIGINT, SIGTERM, SIGHUP):
        loop.add_signal_handler(signal, stop)
    loop.add_reader(sys.stdin, stop_at_end)


def say(message: Message) -> None:
    """Write one line for the parent, who may be gone."""
    with suppress(OSError):
        os.write(sys.stdout.fileno(), json.dumps(message).encode() + b"\n")


def _complain(sentence: str) -> None:
    with suppress(OSError):
        os.write(sys.stderr.fileno(), sentence.encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
