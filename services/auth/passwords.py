"""Password hashing with argon2id, off the event loop and behind a short queue.

Parameters are OWASP's minimum (19 MiB, 2 passes): about 90 ms of a core, so that a flood of
sign-ins would take the whole machine; past the queue it gets a clear "busy" instead.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core.errors import CodedError

HASHERS = 2
WAITING_MAX = 20

Answer = TypeVar("Answer")


class Passwords:
    """Hashes and checks passwords, at most two at a time."""

    def __init__(self) -> None:
        self._hasher = PasswordHash((Argon2Hasher(memory_cost=19_456, time_cost=2, parallelism=1),))
        self._threads = ThreadPoolExecutor(HASHERS, thread_name_prefix="passwords")
        self._waiting = 0
        # Checked for unknown people, so that they take as long as known ones.
        self._nobody = self._hasher.hash("nobody has this password")

    def hash_now(self, password: str) -> str:
        """The hash of `password`, on the calling thread. For seeding."""
        return self._hasher.hash(password)

    async def hash(self, password: str) -> str:
        """The hash of `password`. Raises CodedError `SERVICE_UNAVAILABLE` for a full queue."""
        return await self._run(lambda: self._hasher.hash(password))

    async def check(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether `password` has the stored hash, and a new hash where parameters have risen.

        `stored` is `None` for an unknown person: it takes the same time and is false.
        """
        is_right, renewed = await self._run(
            lambda: self._hasher.verify_and_update(password, stored or self._nobody)
        )
        return (is_right, renewed) if stored is not None else (False, None)

    async def _run(self, work: Callable[[], Answer]) -> Answer:
        if self._waiting >= HASHERS + WAITING_MAX:
            message = "Many people are signing in at the moment. Try again in a few seconds."
            raise CodedError(message, code="SERVICE_UNAVAILABLE")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
