"""The folder that a set of servers lives in: its lock, its secret, and free ports to listen on."""

import asyncio
import fcntl
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dev.servers.errors import FolderInUse
from dev.servers.process import open_private

_LOCK_SECONDS_MAX = 3.0
_LOCK_POLL_SECONDS = 0.05
_PORT_TRIES_MAX = 5
_SECRET_BYTES = 32


@dataclass(frozen=True)
class Site:
    """Where servers live and what they share.

    `lock` is the descriptor of the locked file; every server inherits it, so the folder stays
    locked until the last of them has gone, even when their guardian was killed.
    """

    folder: Path
    lock: int
    secret: str
    is_durable: bool
    say: Callable[[str], None]


async def lock_folder(folder: Path, *, holder: int) -> int:
    """Take the folder for the process `holder`; raises FolderInUse while it is in use.

    Waits three seconds, because the servers of a process that was just killed still shut down.
    """
    lock = _open_lock(folder)
    deadline = time.monotonic() + _LOCK_SECONDS_MAX
    while not _is_ours(lock):
        if time.monotonic() > deadline:
            other = os.pread(lock, 32, 0).decode(errors="replace").strip()
            os.close(lock)
            raise FolderInUse(folder, process=other)
        await asyncio.sleep(_LOCK_POLL_SECONDS)
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{holder}\n".encode(), 0)
    return lock


def _open_lock(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)


def _is_ours(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def secret_of(folder: Path) -> str:
    """Return the password of all servers in the folder, kept in `secret` since the first call."""
    secret = known_secret(folder)
    if secret is None:
        secret = secrets.token_hex(_SECRET_BYTES)
        draft = folder / "secret.new"
        with open_private(draft) as file:
            file.write(secret.encode())
        draft.replace(folder / "secret")
    return secret


def known_secret(folder: Path) -> str | None:
    """Return the password of the folder's servers, or None where none was ever made."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return (folder / "secret").read_text()
    return None


def candidate_ports(remembered: int | None) -> Iterator[int]:
    """Yield free ports on 127.0.0.1, first the remembered one if it still is free."""
    with suppress(OSError):
        if remembered:
            yield _free_port(remembered)
    for _ in range(_PORT_TRIES_MAX):
        yield _free_port(0)


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        # As the servers themselves do: a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", wanted))
        _, port = probe.getsockname()
    return int(port)
