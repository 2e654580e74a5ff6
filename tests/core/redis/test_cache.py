"""Values read through Redis: loaded once, forgotten by writes, never brought back old."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from core.redis.cache import TOMBSTONE, TOMBSTONE_SECONDS, Cache, CacheEntry, Form
from core.redis.client import RedisStore
from models.cache import (
    ACTIVE_SERVICES_KEY,
    STATS_KEY,
    TOKEN_PRICE_KEY,
    user_key,
)
from resolvers.keyset import Page
from resolvers.marketplace.catalogue import NO_FILTER, ServiceSort, services_page
from resolvers.tokens.prices import token_price
from resolvers.users.queries import users_by_id
from resolvers.users.stats import stats

NUMBER = CacheEntry(lifetime_seconds=60, form=Form(int | None))
OTHER_FORM = CacheEntry(lifetime_seconds=60, form=Form(list[int]))


@dataclass
class Source:
    """Where values are loaded from; a test may hold a load until it lets it go."""

    value: int | None = 7
    loads: int = 0
    began: asyncio.Queue[int] = field(default_factory=asyncio.Queue)
    gate: asyncio.Event | None = None
    failure: Exception | None = None

    async def load(self):
        self.loads += 1
        self.began.put_nowait(self.loads)
        value = self.value
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return value


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def cache(redis_store):
    return Cache(redis_store)


@pytest.fixture
async def cache_without_redis():
    store = RedisStore("redis://127.0.0.1:1/0")
    yield Cache(store)
    await store.close()


class TestRead:
    async def test_loads_a_value_once_and_then_reads_it_from_redis(self, cache, source):
        found = [await cache.read("k", NUMBER, source.load) for _ in range(3)]

        assert found == [7, 7, 7]
        assert source.loads == 1

    async def test_keeps_the_absence_of_a_value_too(self, cache):
        source = Source(value=None)

        found = [await cache.read("k", NUMBER, source.load) for _ in range(2)]

        assert found == [None, None]
        assert source.loads == 1

    async def test_keeps_a_value_for_its_lifetime(self, cache, source, redis_store):
        await cache.read("k", NUMBER, source.load)

        assert 59 <= await redis_store.client.ttl("k") <= 60

    async def test_loads_once_for_fifty_at_the_same_time(self, cache, source):
        source.gate = asyncio.Event()
        readers = [asyncio.create_task(cache.read("k", NUMBER, source.load)) for _ in range(50)]
        await source.began.get()

        source.gate.set()
        found = await asyncio.gather(*readers)

        assert found == [7] * 50
        assert source.loads == 1

    async def test_goes_on_for_the_others_when_the_first_reader_leaves(self, cache, source):
        source.gate = asyncio.Event()
        readers = [asyncio.create_task(cache.read("k", NUMBER, source.load)) for _ in range(5)]
        await source.began.get()

        readers[0].cancel()
        source.gate.set()
        found = await asyncio.gather(*readers, return_exceptions=True)

        assert isinstance(found[0], asyncio.CancelledError)
        assert found[1:] == [7, 7, 7, 7]
        assert source.loads == 1

    async def test_fails_every_waiter_with_the_load_and_loads_anew_afterwards(self, cache, source):
        source.failure = KeyError("gone")
        readers = [cache.read("k", NUMBER, source.load) for _ in range(3)]
        failed = await asyncio.gather(*readers, return_exceptions=True)

        source.failure = None
        found = await cache.read("k", NUMBER, source.load)

        assert [type(each) for each in failed] == [KeyError] * 3
        assert found == 7
        assert source.loads == 2

    async def test_loads_what_another_version_of_the_program_wrote_in_another_form(
        self, cache, source, redis_store
    ):
        await redis_store.client.set("k", b'{"other": "form"}', ex=60)

        found = await cache.read("k", NUMBER, source.load)

        assert found == 7

    async def test_loads_each_time_without_redis(self, cache_without_redis, source):
        found = [await cache_without_redis.read("k", NUMBER, source.load) for _ in range(3)]

        assert found == [7, 7, 7]
        assert source.loads == 3


class TestForget:
    async def test_makes_the_next_read_load_anew(self, cache, source):
        await cache.read("k", NUMBER, source.load)
        source.value = 8

        await cache.forget("k")
        found = await cache.read("k", NUMBER, source.load)

        assert found == 8

    async def test_forgets_several_keys_and_no_others(self, cache, redis_store):
        for key in ("a", "b", "c"):
            await cache.read(key, NUMBER, Source().load)

        await cache.forget("a", "b")

        assert await redis_store.client.mget("a", "b", "c") == [TOMBSTONE, TOMBSTONE, b"7"]
        assert 0 < await redis_store.client.ttl("a") <= TOMBSTONE_SECONDS

    async def test_is_not_undone_by_a_load_that_began_before_it(self, cache, source):
        source.gate = asyncio.Event()
        early = asyncio.create_task(cache.read("k", NUMBER, source.load))
        await source.began.get()
        source.value = 8

        await cache.forget("k")
        source.gate.set()

        assert await early == 7
        assert await cache.read("k", NUMBER, source.load) == 8

    async def test_gives_later_readers_a_load_of_their_own(self, cache, source):
        source.gate = asyncio.Event()
        early = asyncio.create_task(cache.read("k", NUMBER, source.load))
        await source.began.get()
        source.value = 8

        await cache.forget("k")
        late = asyncio.create_task(cache.read("k", NUMBER, source.load))
        await source.began.get()
        source.gate.set()

        assert [await early, await late] == [7, 8]

    async def test_is_not_undone_by_a_load_in_another_process(self, cache, source, redis_store):
        elsewhere = Cache(redis_store)
        source.gate = asyncio.Event()
        early = asyncio.create_task(elsewhere.read("k", NUMBER, source.load))
        await source.began.get()
        source.value = 8

        await cache.forget("k")
        source.gate.set()

        assert await early == 7
        assert await elsewhere.read("k", NUMBER, source.load) == 8

    async def test_is_heard_by_readers_in_another_process_who_would_join_an_old_load(
        self, cache, source, redis_store
    ):
        elsewhere = Cache(redis_store)
        source.gate = asyncio.Event()
        early = asyncio.create_task(elsewhere.read("k", NUMBER, source.load))
        await source.began.get()
        source.value = 8

        await cache.forget("k")
        elsewhere.abandon_flights()
        late = asyncio.create_task(elsewhere.read("k", NUMBER, source.load))
        await source.began.get()
        source.gate.set()

        assert [await early, await late] == [7, 8]

    async def test_is_silent_without_redis(self, cache_without_redis, source):
        await cache_without_redis.forget("k")

        assert await cache_without_redis.read("k", NUMBER, source.load) == 7


class TestReadMany:
    async def test_mixes_hits_and_misses_in_the_order_of_the_keys(self, cache):
        asked = []

        async def load(positions):
            asked.append(positions)
            return {position: 10 + position for position in positions}

        await cache.read_many(["b", "d"], NUMBER, load)
        found = await cache.read_many(["a", "b", "c", "d"], NUMBER, load)

        assert found == [10, 10, 12, 11]
        assert asked == [[0, 1], [0, 2]]

    async def test_loads_nothing_when_every_key_is_there(self, cache):
        async def load(positions):
            return dict.fromkeys(positions, 7)

        await cache.read_many(["a", "b"], NUMBER, load)
        found = await cache.read_many(["a", "b"], NUMBER, None)

        assert found == [7, 7]

    async def test_has_none_for_what_does_not_exist_and_does_not_keep_it(self, cache, redis_store):
        async def load(positions):
            return {0: 7}

        found = await cache.read_many(["a", "b"], NUMBER, load)

        assert found == [7, None]
        assert await redis_store.client.exists("b") == 0

    async def test_does_not_fill_what_was_forgotten(self, cache, redis_store):
        async def load(positions):
            return dict.fromkeys(positions, 7)

        await cache.forget("a")
        found = await cache.read_many(["a", "b"], NUMBER, load)

        assert found == [7, 7]
        assert await redis_store.client.mget("a", "b") == [TOMBSTONE, b"7"]

    async def test_loads_what_has_another_form(self, cache, redis_store):
        await redis_store.client.mset({"a": b"[1, 2]", "b": b"3"})

        async def load(positions):
            return {position: [position] for position in positions}

        found = await cache.read_many(["a", "b"], OTHER_FORM, load)

        assert found == [[1, 2], [1]]

    async def test_loads_everything_without_redis(self, cache_without_redis):
        async def load(positions):
            return dict.fromkeys(positions, 7)

        found = await cache_without_redis.read_many(["a", "b"], NUMBER, load)

        assert found == [7, 7]


class TestBlueprintKeys:
    """The four keys and lifetimes of the blueprint, section 4.2, as the reads use them."""

    async def test_live_as_long_as_the_blueprint_says(self, context, make, stores, redis_store):
        cached = replace(stores, redis=redis_store, cache=Cache(redis_store))
        context.platform = replace(context.platform, stores=cached)
        user = await make.user()
        await make.service(user)
        await make.token_price("0.25")

        await users_by_id(context, [user.id])
        await stats(context)
        await services_page(context, Page(), NO_FILTER, ServiceSort.NEWEST)
        await token_price(context)

        keys = (user_key(user.id), STATS_KEY, ACTIVE_SERVICES_KEY, TOKEN_PRICE_KEY)
        assert keys == (f"user:{user.id}", "global:stats", "services:active", "token:azr:price")
        lifetimes = [await redis_store.client.ttl(key) for key in keys]
        for lifetime, seconds in zip(lifetimes, (3600, 300, 600, 60), strict=True):
            assert seconds - 5 <= lifetime <= seconds
