"""Child processes of the guardian: they cannot outlive it, and they stop within a bounded time."""

import asyncio
import ctypes
import functools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from signal import SIGINT, SIGKILL

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.01
_STOP_SECONDS_MAX = 15.0


@dataclass(frozen=True)
class Account:
    """A system account that a process runs as."""

    user_id: int
    group_id: int


class ChildProcess:
    """A running program.

    SIGINT ends it in order: all three servers take it so, while SIGTERM would let PostgreSQL wait
    for its clients. On Linux the program gets it too when this process dies.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        lock: int,
        account: Account | None = None,
        stdin: Path = Path(os.devnull),
    ) -> None:
        """Start `command`; it holds the descriptor `lock` for as long as it lives."""
        with stdin.open("rb") as source, open_private(log) as output:
            self._popen = subprocess.Popen(
                command,
                stdin=source,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                # Nothing else is passed on: PGDATA, PGPORT and the like would mislead the servers.
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                pass_fds=(lock,),
                preexec_fn=_ask_to_die_with_us(),  # noqa: PLW1509 - it takes no locks
                user=account.user_id if account else None,
                group=account.group_id if account else None,
                extra_groups=() if account else None,
            )

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while the program runs."""
        return self._popen.poll()

    async def exits_within(self, seconds_max: float) -> bool:
        """Wait for the end of the program, at most so long, and tell whether it came."""
        deadline = time.monotonic() + seconds_max
        while self.exit_code is None:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_POLL_SECONDS)
        return True

    async def stop(self) -> None:
        """End the program, by force when it has not ended after fifteen seconds."""
        self._popen.send_signal(SIGINT)
        if not await self.exits_within(_STOP_SECONDS_MAX):
            self._popen.send_signal(SIGKILL)
            await self.exits_within(_STOP_SECONDS_MAX)


def open_private(path: Path) -> BufferedWriter:
    """Open an empty file that no other account may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _ask_to_die_with_us() -> Callable[[], None] | None:
    """Return what a child does before its program starts; None where only Linux could do it."""
    if sys.platform != "linux":
        return None
    guardian, library = os.getpid(), _c_library()

    def ask() -> None:
        library.prctl(_PR_SET_PDEATHSIG, SIGINT)
        if os.getppid() != guardian:
            os._exit(1)

    return ask


@functools.cache
def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL(None)
