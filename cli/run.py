"""Starts everything on one machine: servers, tables, a seeded world, the graph, and a worker."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
import uvicorn
from rich.console import Console

from cli.migrate import migrate_database
from cli.parents import stop_with_parent
from cli.seed import seed_if_empty
from cli.serving import environment_of, require_free_port, uvicorn_options
from core.settings import REPOSITORY, Settings, read_settings
from dev.embedded import Addresses, Server, embedded_servers
from dev.payments import LocalProvider, running_provider
from dev.payments.sales import Wire
from dev.seed import DEMO_PASSWORD, DEMO_PEOPLE
from services.auth.access_tokens import new_private_key

WORKER_SECONDS_MAX = 20.0
SIGN_INS = ("learner", "seller", "partner")


def run(
    *,
    with_parent: Annotated[
        bool, typer.Option("--stop-with-parent", help="Stop when the starting process is gone.")
    ] = False,
) -> None:
    """Start everything: embedded servers, tables, a small world, the graph and a worker.

    `AZORA_DATABASE_URL`, `AZORA_MONGO_URL` and `AZORA_REDIS_URL` each replace an embedded server.

    Example: `AZORA_PORT=9000 azora run`
    """
    console = Console(highlight=False)
    current = read_settings()
    require_free_port(current)
    signal.signal(signal.SIGTERM, _leave)
    if with_parent:
        stop_with_parent()
    folder = current.data_folder
    wanted = _wanted_servers(current)
    with (
        console.status("Starting") as status,
        embedded_servers(folder / "embedded", wanted=wanted, on_step=status.update) as addresses,
        _payments_taken(current) as payments,
    ):
        given = environment_of({**_generated(current, addresses, folder), **payments})
        os.environ.update(given)
        ready = read_settings()
        status.update("Bringing the tables to the newest revision")
        migrate_database(ready.stores().database_url)
        status.stop()
        asyncio.run(seed_if_empty(ready, console))
        with _worker() as start_worker:
            _serve(ready, on_ready=[lambda: _announce(console, ready), start_worker])


def _wanted_servers(current: Settings) -> frozenset[Server]:
    """The servers that no setting names."""
    urls = {
        Server.POSTGRES: current.database_url,
        Server.MONGO: current.mongo_url,
        Server.REDIS: current.redis_url,
    }
    return frozenset(server for server, url in urls.items() if url is None)


def _generated(current: Settings, addresses: Addresses, folder: Path) -> dict[str, Any]:
    """Settings that development makes for itself: addresses and secrets that nobody gave."""
    embedded = {
        "database_url": addresses.database_url,
        "mongo_url": addresses.mongo_url,
        "redis_url": addresses.redis_url,
    }
    values: dict[str, Any] = {name: url for name, url in embedded.items() if url is not None}
    if current.signing_key is None:
        values["signing_key"] = _kept(folder / "signing_key.pem", new_private_key)
    if current.gateway_secret is None:
        values["gateway_secret"] = _kept(
            folder / "gateway_secret", lambda: secrets.token_urlsafe(32)
        )
    if current.ledger_seal_key is None:
        values["ledger_seal_key"] = _kept(folder / "ledger_seal_key.pem", new_private_key)
    return values


@contextmanager
def _payments_taken(current: Settings) -> Generator[dict[str, Any]]:
    """The settings of a local provider that runs for as long, unless one is named already."""
    if current.payments_local_url is not None or not current.is_development:
        yield {}
        return
    key = secrets.token_urlsafe(32)
    webhook_url = f"http://{current.host}:{current.port}/webhooks/payments/local"
    provider = LocalProvider(key=key, webhook_urls={Wire.STRIPE: webhook_url})
    with running_provider(provider):
        yield {
            "payments_local_key": key,
            "payments_local_url": provider.origin,
            "payments_return_url": f"http://{current.host}:{current.port}/",
        }


def _kept(path: Path, make: Callable[[], str]) -> str:
    """A secret from a file that only we can read, made the first time."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(make())
    return path.read_text()


@contextmanager
def _worker() -> Generator[Callable[[], None]]:
    """A way to start the worker, a process of its own that has ended when the block ends."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        command = [sys.executable, "-m", "cli", "worker", "--stop-with-parent"]
        started.append(subprocess.Popen(command, cwd=REPOSITORY))  # noqa: S603  # our own program

    try:
        yield start
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(WORKER_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _serve(current: Settings, on_ready: Sequence[Callable[[], None]]) -> None:
    """Serve until a signal says stop; `on_ready` once requests are answered."""

    class AnnouncingServer(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                for each in on_ready:
                    each()

    options: dict[str, Any] = {**uvicorn_options(current), "workers": 1}
    server = AnnouncingServer(uvicorn.Config(**options))
    server.run()
    if not server.started:
        sys.exit(3)


def _announce(console: Console, current: Settings) -> None:
    base = f"http://{'localhost' if current.host == '127.0.0.1' else current.host}:{current.port}"
    console.print(
        f"[bold green]Azora is ready.[/] Stop it with Ctrl-C.\n\n  GraphQL   {base}/graphql"
    )
    console.print(f"  Live      {base.replace('http', 'ws', 1)}/graphql (graphql-transport-ws)")
    if (current.data_folder / "graphiql" / "index.html").exists():
        console.print(f"  GraphiQL  {base}/graphiql/")
    console.print(
        f"  Health    {base}/readyz\n\n  Sign in with the password [bold]{DEMO_PASSWORD}[/] as"
    )
    for person in DEMO_PEOPLE:
        if person.role in SIGN_INS:
            console.print(f"    {person.role:<8} {person.email}")


def _leave(signal_number: int, frame: FrameType | None) -> None:
    """Unwind instead of dying at once, so that the servers are stopped on the way."""
    del frame
    sys.exit(128 + signal_number)
