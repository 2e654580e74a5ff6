"""Responses that the workers of one deployment share, and the news that writes made them old.

Each subject has a generation in Redis, which a write replaces. A response is stored with the
generations from before it was made, and read only while they still hold: so a response from before
a write is never found after it, however late it was stored.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from secrets import token_bytes
from typing import Any, cast

from core.errors import StoreUnavailable
from core.redis.client import RedisStore
from core.redis.pubsub import PubSub

GENERATION_BYTES = 8
STORED_BYTES_MAX = 262_144
MINUTE_SECONDS = 60
MINUTE_BYTES_MAX = 33_554_432
TOPIC_PREFIX = "changed:"

Forget = Callable[[Collection[str]], None]
"""Drops what was about these subjects."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What Redis has under a key, and the generations that a new response is stored with."""

    generations: bytes | None
    """`None` while Redis is away: then nothing is stored."""
    body: bytes | None = None
    seconds_left: float = 0.0


AWAY = Shared(None)


class SharedResponses:
    """The second level of the response caches of all workers."""

    def __init__(
        self,
        store: RedisStore,
        signals: PubSub,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._minute_began = monotonic()
        self._minute_bytes = 0
        self._store = store
        self._signals = signals
        self._watchers: list[Forget] = []
        self._unannounced: set[str] = set()

    def watch(self, subjects: Collection[str], forget: Forget) -> None:
        """Call `forget` at each change of one of `subjects`, for as long as the process lives.

        After a lost connection it is called for each of them, since any may have changed.
        """
        self._watchers.append(forget)
        for subject in subjects:
            self._signals.watch(TOPIC_PREFIX + subject, lambda about=subject: forget((about,)))

    async def announce(self, *subjects: str) -> None:
        """Make every response about `subjects` old. Called after the commit that did so.

        While Redis is away, other workers learn of it when it is back.
        """
        self._forget(subjects)
        self._unannounced.update(subjects)
        await self._announce_all()
        # What was read from Redis in the meantime may be from before.
        self._forget(subjects)

    async def read(self, key: str, subjects: Collection[str]) -> Shared:
        """The response under `key`, unless a write has made it old since."""
        if self._unannounced:
            await self._announce_all()
        if self._unannounced:
            # What Redis has may be from before a write that it does not know of.
            return AWAY
        names = [f"generation:{subject}" for subject in sorted(subjects)]
        try:
            (values, milliseconds_left) = await self._store.run(
                lambda redis: _read(redis, names, f"response:{key}")
            )
        except StoreUnavailable:
            return AWAY
        *generations, stored = values
        current = b"".join(cast("list[bytes]", generations))
        if stored is None or not stored.startswith(current) or milliseconds_left <= 0:
            return Shared(current)
        return Shared(current, stored[len(current) :], milliseconds_left / 1000)

    async def store(self, key: str, body: bytes, *, generations: bytes, seconds: int) -> None:
        """Keep a response that was made after `generations` were read.

        Each worker writes so many bytes a minute, since searches that nobody asks twice are no end.
        """
        if len(body) > STORED_BYTES_MAX or not self._has_room(len(body)):
            return
        try:
            await self._store.run(
                lambda redis: redis.set(f"response:{key}", generations + body, ex=seconds)
            )
        except StoreUnavailable:
            return

    def _has_room(self, size: int) -> bool:
        now = self._monotonic()
        if now - self._minute_began >= MINUTE_SECONDS:
            self._minute_began, self._minute_bytes = now, 0
        self._minute_bytes += size
        return self._minute_bytes <= MINUTE_BYTES_MAX

    async def _announce_all(self) -> None:
        subjects = tuple(self._unannounced)
        try:
            await self._store.run(lambda redis: self._replace_generations(redis, subjects))
        except StoreUnavailable:
            return
        self._unannounced.difference_update(subjects)

    async def _replace_generations(self, redis: Any, subjects: Sequence[str]) -> None:
        async with redis.pipeline(transaction=False) as pipeline:
            # The news first: who reads a new generation should not join a load from before.
            for subject in subjects:
                pipeline.publish(self._signals.channel(TOPIC_PREFIX + subject), b"1")
            for subject in subjects:
                pipeline.set(f"generation:{subject}", token_bytes(GENERATION_BYTES))
            await pipeline.execute()

    def _forget(self, subjects: Collection[str]) -> None:
        for forget in self._watchers:
            forget(subjects)


async def _read(redis: Any, names: Sequence[str], key: str) -> tuple[list[bytes | None], int]:
    """The generations and the response in one command, so that they belong together."""
    values, milliseconds_left = await _read_once(redis, names, key)
    missing = [name for name, value in zip(names, values, strict=False) if value is None]
    if missing:
        async with redis.pipeline(transaction=False) as pipeline:
            for name in missing:
                pipeline.set(name, token_bytes(GENERATION_BYTES), nx=True)
            await pipeline.execute()
        values, milliseconds_left = await _read_once(redis, names, key)
    return values, milliseconds_left


async def _read_once(redis: Any, names: Sequence[str], key: str) -> tuple[list[bytes | None], int]:
    async with redis.pipeline(transaction=False) as pipeline:
        pipeline.mget([*names, key])
        pipeline.pttl(key)
        values, milliseconds_left = await pipeline.execute()
    return values, milliseconds_left
