"""Values read through Redis: a miss is loaded once, however many ask, and a write forgets it.

A forgotten key is a tombstone for a few seconds, which a load that began before the write cannot
overwrite; so a reader never brings a value back that a write has just made false.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import msgspec

from core.errors import StoreUnavailable
from core.redis.client import RedisStore

Value = TypeVar("Value")

TOMBSTONE = b""
# Longer than any read may take, so a load from before the write has ended when it goes.
TOMBSTONE_SECONDS = 15


class Form(Generic[Value]):
    """Values of one type as JSON, strictly of that type."""

    __slots__ = ("_decoder", "encode")

    def __init__(self, type_: Any) -> None:
        self._decoder: msgspec.json.Decoder[Value] = msgspec.json.Decoder(type_)
        self.encode: Callable[[Value], bytes] = msgspec.json.Encoder().encode

    def decode(self, raw: bytes) -> Value:
        """The value. Raises ValueError for another form."""
        return self._decoder.decode(raw)


@dataclass(frozen=True, slots=True)
class CacheEntry(Generic[Value]):
    """What one kind of key holds: its lifetime, and the form of its value in JSON."""

    lifetime_seconds: int
    form: Form[Value]


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
            flight.add_done_callback(lambda done: self._land(key, done))
        return await asyncio.shield(flight)

    def _land(self, key: str, flight: asyncio.Task[Any]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.cancelled():
            # Marks a failure as seen, for when the last waiter has gone.
            flight.exception()

    async def _read(
        self, key: str, entry: CacheEntry[Value], load: Callable[[], Awaitable[Value]]
    ) -> Value:
        (raw,) = await self._get([key])
        if raw and (kept := _parsed(entry, raw)) is not None:
            return kept[0]
        value = await load()
        if raw is None:
            await self._fill({key: entry.form.encode(value)}, entry.lifetime_seconds)
        return value

    async def read_many(
        self,
        keys: Sequence[str],
        entry: CacheEntry[Value],
        load: Callable[[list[int]], Awaitable[Mapping[int, Value]]],
    ) -> list[Value | None]:
        """One value for each key. `load` gets the positions of the misses, answers those it has."""
        found = await self._get(keys)
        kept = [_parsed(entry, raw) if raw else None for raw in found]
        values = [each[0] if each is not None else None for each in kept]
        misses = [position for position, each in enumerate(kept) if each is None]
        if not misses:
            return values
        loaded = await load(misses)
        fills: dict[str, bytes] = {}
        for position, value in loaded.items():
            values[position] = value
            if found[position] is None:
                fills[keys[position]] = entry.form.encode(value)
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
        finally:
            # A load from before the write goes on for those who wait, and gains no others.
            for key in keys:
                self._flights.pop(key, None)

    def abandon_flights(self) -> None:
        """Let nobody join a load that began before this: another worker has written since."""
        self._flights.clear()

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


def _parsed(entry: CacheEntry[Value], raw: bytes) -> tuple[Value] | None:
    """The value, alone in a tuple, since it may be `None`.

    No answer for what another version of the program wrote in another form: it is left to expire.
    """
    try:
        return (entry.form.decode(raw),)
    except ValueError:
        return None


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
