"""PostgreSQL 18 with a password of its own, UTC, UTF-8 and page checksums, on TCP only."""

import os
from collections.abc import Iterator
from pathlib import Path

from dev.servers.process import ChildProcess, open_private
from dev.servers.quarters import Quarters
from dev.servers.server import EmbeddedServer
from dev.servers.site import Site

_USER = "azora"
_FIRST_START_SECONDS_MAX = 60.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # A socket's path has at most 107 bytes, which a repository in a deep folder exceeds.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_SPEED_OVER_SAFETY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer(EmbeddedServer):
    """A PostgreSQL cluster with one superuser and one database, both named azora."""

    label = "PostgreSQL"
    ready_line = "database system is ready to accept connections"

    def __init__(self, site: Site, quarters: Quarters) -> None:
        """Describe the server; where it lives and as whom it runs is in `quarters`."""
        super().__init__(site, quarters.folder / "postgres")
        self._quarters = quarters
        self._data = self.home / "data"

    async def prepare(self) -> None:
        """Make the cluster and its database, the latter in single-user mode: no port, no wait."""
        self.site.say("Making the PostgreSQL cluster, this once")
        password = self._draft("password", self.site.secret)
        self._data.mkdir(mode=0o700)
        self._quarters.admit(self.home)
        self._quarters.hand_over(self._data, password)
        await self._run_to_end("initdb", self._initdb_options(password))
        options = ["--single", "-D", str(self._data), *_as_options({"exit_on_error": "on"})]
        commands = self._draft("first-start.sql", f"CREATE DATABASE {_USER};\n")
        await self._run_to_end("postgres", [*options, "postgres"], stdin=commands)
        _remove(password, commands)
        self.mark_complete()

    def launch(self) -> ChildProcess:
        """Start PostgreSQL.

        Whoever holds the folder's lock knows that no earlier server lives, so its process id file
        is a leftover of a crash; PostgreSQL itself could mistake a newer process for its owner.
        """
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        settings = _SETTINGS if self.site.is_durable else _SETTINGS | _SPEED_OVER_SAFETY
        options = ["-D", str(self._data), "-p", str(self.port), *_as_options(settings)]
        return self._child("postgres", options)

    def address(self) -> str:
        """Return the URL of the database azora, for SQLAlchemy over asyncpg."""
        return f"postgresql+asyncpg://{_USER}:{self.site.secret}@127.0.0.1:{self.port}/{_USER}"

    def _initdb_options(self, password: Path) -> list[str]:
        options = ["-D", str(self._data), f"--username={_USER}", f"--pwfile={password}"]
        options += ["--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"]
        options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return options if self.site.is_durable else [*options, "--no-sync"]

    async def _run_to_end(
        self, name: str, options: list[str], *, stdin: Path = Path(os.devnull)
    ) -> None:
        self.process = self._child(name, options, stdin=stdin)
        await self.process.exits_within(_FIRST_START_SECONDS_MAX)
        if self.exit_code != 0:
            obstacle = f"was not set up ({name} ended with exit code {self.exit_code})"
            raise self.failure(obstacle)

    def _child(
        self, name: str, options: list[str], *, stdin: Path = Path(os.devnull)
    ) -> ChildProcess:
        return ChildProcess(
            [str(self._quarters.programs / name), *options],
            log=self.log,
            lock=self.site.lock,
            account=self._quarters.account,
            stdin=stdin,
        )

    def _draft(self, name: str, text: str) -> Path:
        path = self.home / name
        with open_private(path) as file:
            file.write(text.encode())
        return path


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink()


def _as_options(settings: dict[str, str]) -> Iterator[str]:
    for name, value in settings.items():
        yield from ("-c", f"{name}={value}")
