"""Private PostgreSQL, MongoDB and Redis for development and tests, gone with whoever asked.

A guardian process owns the servers. It holds one end of a pipe; when the other end closes, however
its holder ended, it stops them.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypedDict, cast

from dev.servers.errors import EmbeddedServerError, GuardianEnded

__all__ = ["Addresses", "EmbeddedServerError", "Message", "Server", "embedded_servers"]

_REPOSITORY = Path(__file__).parent.parent
_STOP_SECONDS_MAX = 45.0


class Server(StrEnum):
    """A server that can be had embedded."""

    POSTGRES = "postgres"
    MONGO = "mongo"
    REDIS = "redis"


@dataclass(frozen=True)
class Addresses:
    """URLs of the servers, passwords included; None for one that was not wanted."""

    database_url: str | None = None
    mongo_url: str | None = None
    redis_url: str | None = None


class Message(TypedDict, total=False):
    """One line of JSON from the guardian: what it does, that all is ready, or what failed."""

    step: str
    addresses: dict[str, str]
    failure: str


def _say_nothing(_sentence: str) -> None:
    """Let steps pass in silence."""


@contextmanager
def embedded_servers(
    folder: Path,
    *,
    wanted: frozenset[Server],
    durable: bool = True,
    on_step: Callable[[str], None] = _say_nothing,
) -> Generator[Addresses]:
    """Run the wanted servers on 127.0.0.1, their data below `folder`, until the block ends.

    Enters once all of them do their work; `on_step` hears what happens on the way. Not `durable`
    trades the safety of the data after a machine's crash for speed. Raises EmbeddedServerError
    when a server does not start, or when another process uses the folder.
    """
    if not wanted:
        yield Addresses()
        return
    guardian = _start_guardian(folder.resolve(), wanted=wanted, durable=durable)
    try:
        yield _await_addresses(guardian, on_step)
    finally:
        _stop(guardian)


def _start_guardian(
    folder: Path, *, wanted: frozenset[Server], durable: bool
) -> subprocess.Popen[bytes]:
    arguments = [str(folder), *sorted(wanted), *([] if durable else ["--not-durable"])]
    # A session of its own: the terminal's Ctrl-C is for us, and we end the guardian in order.
    return subprocess.Popen(
        [sys.executable, "-m", "dev.guardian", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_REPOSITORY,
        start_new_session=True,
    )


def _await_addresses(
    guardian: subprocess.Popen[bytes], on_step: Callable[[str], None]
) -> Addresses:
    """Pass the guardian's steps on until all is ready; its own time limits bound the wait."""
    for line in guardian.stdout or ():
        message = cast("Message", json.loads(line))
        if "failure" in message:
            raise EmbeddedServerError(message["failure"])
        if "addresses" in message:
            urls = message["addresses"]
            return Addresses(
                database_url=urls.get(Server.POSTGRES),
                mongo_url=urls.get(Server.MONGO),
                redis_url=urls.get(Server.REDIS),
            )
        on_step(message.get("step", ""))
    raise GuardianEnded(guardian.wait(_STOP_SECONDS_MAX))


def _stop(guardian: subprocess.Popen[bytes]) -> None:
    """Close the pipe, which asks the guardian to stop the servers, and see it end."""
    for pipe in (guardian.stdin, guardian.stdout):
        if pipe:
            pipe.close()
    try:
        guardian.wait(_STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        guardian.kill()
        guardian.wait()
