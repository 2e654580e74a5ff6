"""The cache of anonymous responses: bytes by key, loaded once however many ask.

Bounded in bytes, least recently used ones dropped first. A change drops what was about it at once,
and what was being loaded then is answered to those who wait, and not kept.
"""

import asyncio
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Generic, TypeVar

from core.redis.responses import AWAY, Shared, SharedResponses
from graph.caching.policy import CachePolicy
from models.subjects import Subject

Failure = TypeVar("Failure")
Request = tuple[Hashable, bytes]

# What an entry and its places in the indexes take besides its bytes.
ENTRY_BYTES = 1024
ENTRY_SHARE_MAX = 4
"""One response takes at most this part of the cache: a quarter."""
SHORTCUTS_MAX_A_RESPONSE = 8
SHORTCUT_BYTES_MAX = 16_384


@dataclass(slots=True, eq=False)
class CachedResponse:
    """The bytes of one answer, and how long they hold."""

    key: bytes
    body: bytes
    etag: str
    """A hash of the bytes, without the quotes of HTTP."""
    policy: CachePolicy
    expires_at: float
    """On the cache's own clock."""
    is_kept: bool = False
    shortcuts: list[Request] = field(default_factory=list)
    bytes_taken: int = 0


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What a request that was seen before is answered with."""

    response: CachedResponse
    operation_name: str | None


@dataclass(slots=True, eq=False)
class _Flight(Generic[Failure]):
    """A response being loaded."""

    policy: CachePolicy
    task: "asyncio.Task[CachedResponse | Failure] | None" = None
    waiting_count: int = 0
    is_current: bool = True
    """Whether nothing that it may have read has changed since it began."""


class ResponseCache(Generic[Failure]):
    """Responses of one process, and behind them those that all workers share."""

    def __init__(self, *, bytes_max: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._bytes_max = bytes_max
        self._monotonic = monotonic
        self._shared: SharedResponses | None = None
        self._namespace = ""
        self._responses: OrderedDict[bytes, CachedResponse] = OrderedDict()
        self._shortcuts: dict[Request, Shortcut] = {}
        self._keys_by_subject: dict[str, set[bytes]] = {subject: set() for subject in Subject}
        self._flights: dict[bytes, _Flight[Failure]] = {}
        self.bytes_taken = 0

    def share(self, shared: SharedResponses, *, namespace: str) -> None:
        """Read and write through what all workers share, and hear of what they change.

        Those of one `namespace` must answer alike.
        """
        shared.watch(tuple(Subject), self.forget)
        self._shared = shared
        self._namespace = namespace

    def recall(self, request: Request) -> Shortcut | None:
        """The answer to the very same request, if it is known and still holds."""
        found = self._shortcuts.get(request)
        if found is None:
            return None
        response = found.response
        if self._monotonic() >= response.expires_at:
            self._drop(response)
            return None
        self._responses.move_to_end(response.key)
        return found

    def remember(
        self, request: Request, response: CachedResponse, operation_name: str | None
    ) -> None:
        """Let `recall` answer the same request with this response, for as long as it is kept."""
        size = len(request[1])
        if not response.is_kept or size > SHORTCUT_BYTES_MAX or request in self._shortcuts:
            return
        if len(response.shortcuts) == SHORTCUTS_MAX_A_RESPONSE:
            oldest = response.shortcuts.pop(0)
            del self._shortcuts[oldest]
            self._take(response, -len(oldest[1]))
        response.shortcuts.append(request)
        self._shortcuts[request] = Shortcut(response, operation_name)
        self._take(response, size)
        self._make_room()

    async def read(
        self, key: bytes, policy: CachePolicy, load: Callable[[], Awaitable[bytes | Failure]]
    ) -> tuple[CachedResponse | Failure, bool]:
        """The response under `key`, and whether it was there without loading or waiting for it.

        `load` answers with the bytes of a good response, or with anything else, which everybody
        who waits gets and nobody after them. A waiter that is cancelled disturbs no other; with
        the last one the load is cancelled too.
        """
        known = self._responses.get(key)
        if known is not None:
            if self._monotonic() < known.expires_at:
                self._responses.move_to_end(key)
                return known, True
            self._drop(known)
        flight = self._flights.get(key) or self._start(key, policy, load)
        task = flight.task
        assert task is not None  # noqa: S101  # it has been started
        flight.waiting_count += 1
        try:
            return await asyncio.shield(task), False
        finally:
            flight.waiting_count -= 1
            if not flight.waiting_count and not task.done():
                self._abandon(key, flight)
                task.cancel()

    def forget(self, subjects: Collection[str]) -> None:
        """Drop whatever is about one of `subjects`; what is being loaded will not be kept."""
        for subject in subjects:
            for key in tuple(self._keys_by_subject[subject]):
                self._drop(self._responses[key])
        for key, flight in tuple(self._flights.items()):
            if not flight.policy.subjects.isdisjoint(subjects):
                self._abandon(key, flight)

    def age_seconds(self, response: CachedResponse) -> int:
        """For how long a response has been one, in whole seconds (RFC 9111, section 5.1)."""
        seconds_left = response.expires_at - self._monotonic()
        return min(
            max(0, int(response.policy.max_age_seconds - seconds_left)),
            response.policy.max_age_seconds,
        )

    def _start(
        self, key: bytes, policy: CachePolicy, load: Callable[[], Awaitable[bytes | Failure]]
    ) -> _Flight[Failure]:
        flight: _Flight[Failure] = _Flight(policy)
        self._flights[key] = flight
        flight.task = asyncio.create_task(self._fly(key, flight, load))
        flight.task.add_done_callback(lambda task: self._land(key, flight, task))
        return flight

    def _land(
        self,
        key: bytes,
        flight: _Flight[Failure],
        task: "asyncio.Task[CachedResponse | Failure]",
    ) -> None:
        self._abandon(key, flight)
        if not task.cancelled():
            # Marks a failure as seen, for when the last waiter has gone.
            task.exception()

    def _abandon(self, key: bytes, flight: _Flight[Failure]) -> None:
        """Let nobody else wait for a flight, and do not keep what it brings."""
        flight.is_current = False
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def _fly(
        self,
        key: bytes,
        flight: _Flight[Failure],
        load: Callable[[], Awaitable[bytes | Failure]],
    ) -> CachedResponse | Failure:
        policy, name = flight.policy, f"{self._namespace}:{key.hex()}"
        shared = AWAY if self._shared is None else await self._shared.read(name, policy.subjects)
        if shared.body is not None:
            seconds_left = min(shared.seconds_left, policy.max_age_seconds)
            return self._admit(flight, key, shared.body, self._monotonic() + seconds_left)
        # The age counts from before the load: what it read first is as old as that.
        expires_at = self._monotonic() + policy.max_age_seconds
        loaded = await load()
        if not isinstance(loaded, bytes):
            return loaded
        response = self._admit(flight, key, loaded, expires_at)
        if flight.is_current:
            await self._store(name, response, shared)
        return response

    async def _store(self, name: str, response: CachedResponse, shared: Shared) -> None:
        if self._shared is None or shared.generations is None:
            return
        seconds_left = int(response.expires_at - self._monotonic())
        if seconds_left > 0:
            await self._shared.store(
                name, response.body, generations=shared.generations, seconds=seconds_left
            )

    def _admit(
        self, flight: _Flight[Failure], key: bytes, body: bytes, expires_at: float
    ) -> CachedResponse:
        """The response of a flight; kept unless it is old already or too large."""
        digest = urlsafe_b64encode(blake2b(body, digest_size=15).digest()).decode()
        response = CachedResponse(key, body, digest, flight.policy, expires_at)
        size = len(body) + ENTRY_BYTES
        if flight.is_current and size * ENTRY_SHARE_MAX <= self._bytes_max:
            self._responses[key] = response
            response.is_kept = True
            for subject in flight.policy.subjects:
                self._keys_by_subject[subject].add(key)
            self._take(response, size)
            self._make_room()
        return response

    def _take(self, response: CachedResponse, size: int) -> None:
        response.bytes_taken += size
        self.bytes_taken += size

    def _make_room(self) -> None:
        while self.bytes_taken > self._bytes_max:
            self._drop(next(iter(self._responses.values())))

    def _drop(self, response: CachedResponse) -> None:
        response.is_kept = False
        del self._responses[response.key]
        for subject in response.policy.subjects:
            self._keys_by_subject[subject].discard(response.key)
        for request in response.shortcuts:
            del self._shortcuts[request]
        self.bytes_taken -= response.bytes_taken
