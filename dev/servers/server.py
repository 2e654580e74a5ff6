"""What every embedded server has in common: a home folder, a first start, a port, readiness."""

import asyncio
import shutil
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

from dev.servers.errors import NoFreePort, PortTaken, ServerFailed
from dev.servers.process import ChildProcess
from dev.servers.site import Site, candidate_ports

_START_SECONDS_MAX = 60.0
_POLL_SECONDS = 0.02
_HOME_MODE = 0o700
_LOG_LINES_MAX = 8
_LOG_LINE_CHARACTERS_MAX = 300


class EmbeddedServer(ABC):
    """A server with its data in `home`, which counts only once `complete` lies in it.

    So a first start that was interrupted leaves nothing behind that a later one would trust.
    """

    label: ClassVar[str]
    ready_line: ClassVar[str]

    def __init__(self, site: Site, home: Path) -> None:
        """Describe the server; nothing starts yet."""
        self.site = site
        self.home = home
        self.log = home / "server.log"
        self.port = 0
        self.process: ChildProcess | None = None
        self._complete = home / "complete"
        self._remembered_port = home / "port"

    @property
    def exit_code(self) -> int | None:
        """The exit code of a server that was started and has ended."""
        return self.process.exit_code if self.process else None

    @property
    def is_complete(self) -> bool:
        """Whether the first start of this server went through."""
        return self._complete.exists()

    @property
    def remembered_port(self) -> int | None:
        """The port of the last start."""
        if not self._remembered_port.exists():
            return None
        return int(self._remembered_port.read_text())

    async def start(self) -> str:
        """Start the server and return its address once it does its work.

        Raises EmbeddedServerError, with the end of the server's log, when it does not.
        """
        if not self.is_complete:
            self._clear_home()
            await self.prepare()
        for port in candidate_ports(self.remembered_port):
            self.port = port
            try:
                await self._run_in_time()
            except PortTaken:
                continue
            self._remembered_port.write_text(str(port))
            self.site.say(f"{self.label} is ready on port {port}.")
            return self.address()
        raise NoFreePort(self.label)

    async def stop(self) -> None:
        """End the server and wait until it has gone."""
        if self.process:
            await self.process.stop()

    async def run(self) -> None:
        """Launch the server and wait until it does its work."""
        self.process = self.launch()
        await self.until_ready()

    async def until_ready(self) -> None:
        """Wait until the log says that the server takes connections."""
        await self.until(self._says_ready)

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Wait until the condition holds; raises if the server ends before."""
        while not await holds():
            if self.exit_code is not None:
                raise self._early_end()
            await asyncio.sleep(_POLL_SECONDS)

    def mark_complete(self) -> None:
        """Let later starts trust what lies in the home folder."""
        self._complete.touch()

    def failure(self, what_happened: str) -> ServerFailed:
        """Return the error that says what happened to this server, with the end of its log."""
        return ServerFailed(self.label, what_happened, log=self.log, log_end=self.log_end())

    def log_end(self) -> str:
        """Return the part of the log that explains a failure."""
        lines = self.log_text().splitlines()[-_LOG_LINES_MAX:]
        return "\n".join(line[:_LOG_LINE_CHARACTERS_MAX] for line in lines)

    def log_text(self) -> str:
        """Return everything that the server has written since it was launched."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def _clear_home(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True, mode=_HOME_MODE)

    async def _run_in_time(self) -> None:
        try:
            async with asyncio.timeout(_START_SECONDS_MAX):
                await self.run()
        except TimeoutError:
            late = f"was not ready after {_START_SECONDS_MAX:.0f} seconds"
            raise self.failure(late) from None

    async def _says_ready(self) -> bool:
        return self.ready_line in self.log_text()

    def _early_end(self) -> Exception:
        if "Address already in use" in self.log_text():
            return PortTaken()
        return self.failure(f"did not start (exit code {self.exit_code})")

    @abstractmethod
    async def prepare(self) -> None:
        """Fill the empty home folder before the first start."""

    @abstractmethod
    def launch(self) -> ChildProcess:
        """Start the server's program on its port."""

    @abstractmethod
    def address(self) -> str:
        """Return the URL that a client connects to, password included."""
