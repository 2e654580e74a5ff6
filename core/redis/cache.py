"""Values read through Redis: a miss is loaded once, however many ask, and a write forgets it.

A forgotten key is a tombstone for a few seconds, which a load that began before the write cannot
overwrite; so a reader never brings a value back that a write has just made false.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter

from core.errors import StoreUnavailable
from core.redis.client import RedisStore

Value = TypeVar("Value")

TOMBSTONE = b""
# Longer than any read may take, so a load from before the write has ended when it goes.
TOMBSTONE_SECONDS = 15


@dataclass(frozen=True, slots=True)
class CacheEntry(Generic[Value]):
    """What one kind of key holds: its lifetime, and the form of its value in JSON."""

    lifetime_seconds: int
    form: TypeAdapter[Value]


class Cache:
    """Reads through Redis with single flight. Without Redis it loads each time, once at a time."""

    def __init__(self, store: RedisStore) -> None:
        self._store = store
        self._flights: dict[str, asyncio.Task[Any]] = {}

    async def read(
        self, key: str, entry: CacheEntry[Value], load: Callable[[], Awaitable[Value]]
    ) -> Value:
        """The cached value, or the loaded one. A waiter that is cancelled disturbs no other."""
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.create_task(self._read(key, entry, load))
            self._flights[key] = flight
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        return await asyncio.shield(flight)

    async def _read(
        self, key: str, entry: CacheEntry[Value], load: Callable[[], Awaitable[Value]]
    ) -> Value:
        found = await self._get([key])
        if found[0]:
            return entry.form.validate_json(found[0])
        value = await load()
        if found[0] is None:
            await self._fill({key: entry.form.dump_json(value)}, entry.lifetime_seconds)
        return value

    async def read_many(
        self,
        keys: Sequence[str],
        entry: CacheEntry[Value],
        load: Callable[[list[int]], Awaitable[Mapping[int, Value]]],
    ) -> list[Value | None]:
        """One value for each key. `load` gets the positions of the misses, answers those it has."""
        found = await self._get(keys)
        values = [entry.form.validate_json(raw) if raw else None for raw in found]
        misses = [position for position, raw in enumerate(found) if not raw]
        if not misses:
            return values
        loaded = await load(misses)
        fills: dict[str, bytes] = {}
        for position, value in loaded.items():
            values[position] = value
            if found[position] is None:
                fills[keys[position]] = entry.form.dump_json(value)
        await self._fill(fills, entry.lifetime_seconds)
        return values

    async def forget(self, *keys: str) -> None:
        """Make the next read load anew. Called after the commit that made the value false.

        While Redis is away the value may stay for its lifetime: what must never be old is not
        cached.
        """
        try:
            await self._store.run(lambda redis: _set_all(redis, dict.fromkeys(keys, TOMBSTONE)))
        except StoreUnavailable:
            return

    async def _get(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        try:
            return cast(
                "list[bytes | None]", await self._store.run(lambda redis: redis.mget(list(keys)))
            )
        except StoreUnavailable:
            # A tombstone: load, and do not try to fill.
            return [TOMBSTONE] * len(keys)

    async def _fill(self, values: Mapping[str, bytes], lifetime_seconds: int) -> None:
        if not values:
            return
        try:
            await self._store.run(lambda redis: _add_all(redis, values, lifetime_seconds))
        except StoreUnavailable:
            return


async def _set_all(redis: Any, values: Mapping[str, bytes]) -> None:
    async with redis.pipeline(transaction=False) as pipeline:
        for key, value in values.items():
            pipeline.set(key, value, ex=TOMBSTONE_SECONDS)
        await pipeline.execute()


async def _add_all(redis: Any, values: Mapping[str, bytes], lifetime_seconds: int) -> None:
    async with redis.pipeline(transaction=False) as pipeline:
        for key, value in values.items():
            pipeline.set(key, value, ex=lifetime_seconds, nx=True)
        await pipeline.execute()
