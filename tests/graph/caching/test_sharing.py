"""Two workers' caches over one Redis: what one loads the other has, what one writes both drop."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest_asyncio

from core.redis.client import RedisStore
from core.redis.pubsub import PubSub
from core.redis.responses import SharedResponses
from core.settings import StoreAddresses
from core.stores import Stores
from graph.caching.cache import CachedResponse, ResponseCache
from graph.caching.policy import CachePolicy
from models.subjects import Subject

POLICY = CachePolicy(60, frozenset({Subject.SERVICES}))
KEY = b"key"


class Worker:
    """A process: its cache and its part of what is shared."""

    def __init__(self, url: str, store: RedisStore, namespace: str = "schema") -> None:
        self.signals = PubSub(url, store)
        self.shared = SharedResponses(store, self.signals)
        self.now = 1000.0
        self.cache: ResponseCache[str] = ResponseCache(
            bytes_max=1_000_000, monotonic=lambda: self.now
        )
        self.cache.share(self.shared, namespace=namespace)

    async def read(
        self, load: Callable[[], Awaitable[bytes | str]], policy: CachePolicy = POLICY
    ) -> CachedResponse:
        found, _ = await self.cache.read(KEY, policy, load)
        assert isinstance(found, CachedResponse)
        return found


MakeWorker = Callable[..., Worker]


@pytest_asyncio.fixture
async def make_worker(stores: Stores, addresses: StoreAddresses) -> AsyncGenerator[MakeWorker]:
    yield lambda *arguments: Worker(addresses.redis_url, stores.redis, *arguments)


def answering(body: bytes, loads: list[bytes]) -> Callable[[], Awaitable[bytes | str]]:
    async def load() -> bytes | str:
        loads.append(body)
        return body

    return load


class TestSharing:
    async def test_gives_one_worker_what_another_loaded(self, make_worker: MakeWorker) -> None:
        loads: list[bytes] = []
        here, there = make_worker(), make_worker()

        first = await here.read(answering(b"one", loads))
        second = await there.read(answering(b"two", loads))

        assert (first.body, second.body, loads) == (b"one", b"one", [b"one"])
        assert first.etag == second.etag
        assert 50 < second.expires_at - there.now <= 60

    async def test_is_between_equal_schemas_only(self, make_worker: MakeWorker) -> None:
        loads: list[bytes] = []
        await make_worker().read(answering(b"one", loads))

        other = await make_worker("other").read(answering(b"two", loads))

        assert other.body == b"two"

    async def test_stores_nothing_that_is_as_old_as_it_may_be(
        self, make_worker: MakeWorker, stores: Stores
    ) -> None:
        worker = make_worker()

        async def load() -> bytes | str:
            worker.now += 59.5
            return b"slow"

        await worker.read(load)

        assert await stores.redis.client.keys("response:*") == []

    async def test_does_without_redis(self) -> None:
        store = RedisStore("redis://127.0.0.1:1/0")
        worker = Worker("redis://127.0.0.1:1/0", store)
        loads: list[bytes] = []

        for _ in range(2):
            assert (await worker.read(answering(b"one", loads))).body == b"one"

        assert loads == [b"one"]
        await store.close()

    async def test_drops_at_once_what_a_write_made_old(self, make_worker: MakeWorker) -> None:
        loads: list[bytes] = []
        worker = make_worker()
        await worker.read(answering(b"old", loads))

        await worker.shared.announce(Subject.SERVICES)

        assert (await worker.read(answering(b"new", loads))).body == b"new"

    async def test_never_finds_a_load_from_before_a_write(self, make_worker: MakeWorker) -> None:
        here, there, third = make_worker(), make_worker(), make_worker()
        began, gate = asyncio.Event(), asyncio.Event()

        async def load() -> bytes | str:
            began.set()
            await gate.wait()
            return b"old"

        reading = asyncio.create_task(there.read(load))
        await began.wait()
        await here.shared.announce(Subject.SERVICES)
        gate.set()
        assert (await reading).body == b"old"
        loads: list[bytes] = []

        assert (await here.read(answering(b"new", loads))).body == b"new"
        assert (await third.read(answering(b"newer", loads))).body == b"new"

    async def test_tells_the_other_workers(self, make_worker: MakeWorker) -> None:
        loads: list[bytes] = []
        here, there = make_worker(), make_worker()
        dropped: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
        there.shared.watch(
            (Subject.SERVICES,), lambda subjects: dropped.put_nowait(tuple(subjects))
        )
        listening = asyncio.create_task(there.signals.run())
        async with asyncio.timeout(15):
            await dropped.get()
            await there.read(answering(b"old", loads))
            assert (await there.read(answering(b"unread", loads))).body == b"old"

            await here.shared.announce(Subject.SERVICES)
            await dropped.get()

            assert (await there.read(answering(b"new", loads))).body == b"new"
        listening.cancel()
        await asyncio.wait([listening])
