"""The cache of responses: loaded once, bounded, never older than a write."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from graph.caching.cache import (
    ENTRY_BYTES,
    SHORTCUT_BYTES_MAX,
    SHORTCUTS_MAX_A_RESPONSE,
    CachedResponse,
    ResponseCache,
)
from graph.caching.policy import CachePolicy
from models.subjects import Subject
from tests.tasks import our_tasks

SERVICES = CachePolicy(60, frozenset({Subject.SERVICES}))
USERS = CachePolicy(60, frozenset({Subject.USERS, Subject.REVIEWS}))
KEY, OTHER = b"key", b"other"
REQUEST = (True, b"body")
FAILED = object()


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Source:
    """Where bodies are loaded from. A test may hold a load until it lets it go."""

    body: bytes | object = b"answer"
    gate: asyncio.Event | None = None
    error: Exception | None = None
    loads: int = 0
    cancelled: int = 0
    began: asyncio.Queue[int] = field(default_factory=asyncio.Queue)

    async def __call__(self) -> bytes | object:
        self.loads += 1
        body = self.body
        self.began.put_nowait(self.loads)
        try:
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        return body


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def held(source: Source) -> Source:
    source.gate = asyncio.Event()
    return source


@pytest.fixture
def make_cache(clock: Clock) -> Callable[..., ResponseCache[object]]:
    return lambda bytes_max=1_000_000: ResponseCache(bytes_max=bytes_max, monotonic=clock)


@pytest.fixture
def cache(make_cache: Callable[..., ResponseCache[object]]) -> ResponseCache[object]:
    return make_cache()


async def body_of(
    cache: ResponseCache[object],
    source: Source,
    *,
    key: bytes = KEY,
    policy: CachePolicy = SERVICES,
) -> bytes:
    return (await kept(cache, source, key=key, policy=policy)).body


async def kept(
    cache: ResponseCache[object],
    source: Source,
    *,
    key: bytes = KEY,
    policy: CachePolicy = SERVICES,
) -> CachedResponse:
    found, _ = await cache.read(key, policy, source)
    assert isinstance(found, CachedResponse)
    return found


class TestRead:
    async def test_loads_a_response_once(self, cache, source) -> None:
        first = await cache.read(KEY, SERVICES, source)
        second = await cache.read(KEY, SERVICES, source)

        assert (first[1], second[1]) == (False, True)
        assert first[0] is second[0]
        assert first[0].body == b"answer"
        assert source.loads == 1

    async def test_names_equal_bytes_equally(self, cache, source) -> None:
        first, second = await kept(cache, source), await kept(cache, source, key=OTHER)
        source.body = b"another"
        third = await kept(cache, source, key=b"third")

        assert first.etag == second.etag
        assert first.etag != third.etag
        assert len(first.etag) == 20

    async def test_loads_again_when_its_age_is_reached(self, cache, source, clock) -> None:
        await body_of(cache, source)
        clock.now += 59.9
        await body_of(cache, source)
        clock.now += 0.1
        source.body = b"newer"

        assert source.loads == 1
        assert await body_of(cache, source) == b"newer"
        assert cache.bytes_taken == len(b"newer") + ENTRY_BYTES

    async def test_counts_the_age_from_before_the_load(self, cache, held, clock) -> None:
        reading = asyncio.create_task(kept(cache, held))
        await held.began.get()
        clock.now += 7
        held.gate.set()
        response = await reading

        assert response.expires_at == 1060.0
        assert cache.age_seconds(response) == 7

    async def test_says_an_age_from_zero_to_its_largest(self, cache, source, clock) -> None:
        response = await kept(cache, source)

        ages = []
        for clock.now in (999.0, 1000.9, 1059.9, 1099.0):
            ages.append(cache.age_seconds(response))
        assert ages == [0, 0, 59, 60]


class TestSingleFlight:
    async def test_loads_once_for_all_who_wait(self, cache, held) -> None:
        reading = [asyncio.create_task(body_of(cache, held)) for _ in range(20)]
        await held.began.get()
        held.gate.set()

        assert await asyncio.gather(*reading) == [b"answer"] * 20
        assert held.loads == 1

    async def test_goes_on_when_the_first_of_two_leaves(self, cache, held) -> None:
        first = asyncio.create_task(body_of(cache, held))
        await held.began.get()
        second = asyncio.create_task(body_of(cache, held))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        held.gate.set()

        assert await second == b"answer"
        assert (held.loads, held.cancelled) == (1, 0)

    async def test_ends_the_load_with_the_last_who_waits(self, cache, held) -> None:
        before = our_tasks()
        reading = [asyncio.create_task(body_of(cache, held)) for _ in range(2)]
        await held.began.get()
        for task in reading:
            task.cancel()
        await asyncio.wait(reading)
        # Whoever comes now must not wait for a load that is being cancelled.
        next_one = asyncio.create_task(body_of(cache, held))
        await held.began.get()
        held.gate.set()

        assert await next_one == b"answer"
        assert (held.loads, held.cancelled) == (2, 1)
        assert our_tasks() <= before

    async def test_keeps_no_failure(self, cache, held) -> None:
        held.body = FAILED
        reading = [asyncio.create_task(cache.read(KEY, SERVICES, held)) for _ in range(3)]
        await held.began.get()
        held.gate.set()
        found = await asyncio.gather(*reading)
        held.body = b"well"

        assert [each for each, _ in found] == [FAILED] * 3
        assert await body_of(cache, held) == b"well"
        assert held.loads == 2

    async def test_raises_what_the_load_raised_to_everybody(self, cache, held) -> None:
        held.error = error = RuntimeError("a bug")
        reading = [asyncio.create_task(body_of(cache, held)) for _ in range(2)]
        await held.began.get()
        held.gate.set()
        found = await asyncio.gather(*reading, return_exceptions=True)
        held.error = None

        assert found == [error, error]
        assert await body_of(cache, held) == b"answer"

    async def test_is_by_key(self, cache, held) -> None:
        reading = [asyncio.create_task(body_of(cache, held, key=key)) for key in (KEY, OTHER)]
        await held.began.get()
        await held.began.get()
        held.gate.set()
        await asyncio.gather(*reading)

        assert held.loads == 2

    async def test_lets_a_deadline_end_one_wait_only(self, cache, held) -> None:
        patient = asyncio.create_task(body_of(cache, held))
        await held.began.get()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await body_of(cache, held)
        held.gate.set()

        assert await patient == b"answer"


class TestForget:
    async def test_drops_what_is_about_a_subject_and_nothing_else(self, cache, source) -> None:
        await body_of(cache, source)
        await body_of(cache, source, key=OTHER, policy=USERS)
        cache.forget([Subject.REVIEWS])
        source.body = b"newer"

        assert await body_of(cache, source) == b"answer"
        assert await body_of(cache, source, key=OTHER, policy=USERS) == b"newer"

    async def test_keeps_nothing_that_was_being_loaded(self, cache, held) -> None:
        reading = asyncio.create_task(kept(cache, held))
        await held.began.get()
        cache.forget([Subject.SERVICES])
        held.gate.set()
        old = await reading
        held.body = b"newer"
        cache.remember(REQUEST, old, None)

        assert old.body == b"answer"
        assert cache.recall(REQUEST) is None
        assert await body_of(cache, held) == b"newer"

    async def test_lets_nobody_join_a_load_from_before(self, cache, held) -> None:
        before = asyncio.create_task(body_of(cache, held))
        await held.began.get()
        cache.forget([Subject.SERVICES])
        held.body = b"newer"
        after = asyncio.create_task(body_of(cache, held))
        await held.began.get()
        held.gate.set()

        assert (await before, await after) == (b"answer", b"newer")
        assert await body_of(cache, held) == b"newer"
        assert held.loads == 2

    async def test_leaves_loads_about_other_things_alone(self, cache, held) -> None:
        reading = asyncio.create_task(body_of(cache, held))
        await held.began.get()
        cache.forget([Subject.USERS])
        held.gate.set()
        await reading
        await body_of(cache, held)

        assert held.loads == 1

    async def test_forgets_nothing_of_what_it_does_not_have(self, cache) -> None:
        cache.forget(tuple(Subject))

        assert cache.bytes_taken == 0


class TestBounds:
    async def test_drops_what_was_used_least_recently(self, make_cache, source) -> None:
        cache = make_cache(4 * (ENTRY_BYTES + 6))
        for number in range(4):
            await body_of(cache, source, key=b"%d" % number)
        await body_of(cache, source, key=b"0")
        await body_of(cache, source, key=b"4")
        loads = source.loads
        for key in (b"0", b"2", b"3", b"4"):
            await body_of(cache, source, key=key)

        assert source.loads == loads
        assert cache.bytes_taken == 4 * (ENTRY_BYTES + 6)
        await body_of(cache, source, key=b"1")
        assert source.loads == loads + 1

    async def test_does_not_keep_what_would_take_more_than_a_quarter(
        self, make_cache, source
    ) -> None:
        cache = make_cache(4 * (ENTRY_BYTES + 6) - 1)

        assert await body_of(cache, source) == b"answer"
        assert await body_of(cache, source) == b"answer"
        assert source.loads == 2
        assert cache.bytes_taken == 0

    async def test_counts_the_requests_that_it_knows(self, make_cache, source) -> None:
        room = 4 * (ENTRY_BYTES + 6) + 10
        cache = make_cache(room)
        responses = [await kept(cache, source, key=b"%d" % number) for number in range(4)]
        cache.remember((True, b"x" * 10), responses[3], None)
        assert cache.bytes_taken == room
        cache.remember((True, b"y"), responses[3], None)

        assert cache.bytes_taken == room + 1 - ENTRY_BYTES - 6
        assert not responses[0].is_kept
        assert cache.recall((True, b"y")) is not None


class TestRecall:
    async def test_answers_the_same_request_without_reading_it(self, cache, source) -> None:
        response = await kept(cache, source)
        cache.remember(REQUEST, response, "Page")
        cache.remember(REQUEST, response, "Page")
        found = cache.recall(REQUEST)

        assert found is not None
        assert (found.response, found.operation_name) == (response, "Page")
        assert cache.recall((False, b"body")) is None
        assert response.shortcuts == [REQUEST]

    async def test_ends_with_the_response(self, cache, source, clock) -> None:
        cache.remember(REQUEST, await kept(cache, source), None)
        clock.now += 60

        assert cache.recall(REQUEST) is None
        assert cache.bytes_taken == 0

    async def test_ends_with_a_change(self, cache, source) -> None:
        cache.remember(REQUEST, await kept(cache, source), None)
        cache.forget([Subject.SERVICES])

        assert cache.recall(REQUEST) is None

    async def test_counts_as_a_use(self, make_cache, source) -> None:
        cache = make_cache(4 * (ENTRY_BYTES + 8))
        cache.remember(REQUEST, await kept(cache, source), None)
        for number in range(3):
            await body_of(cache, source, key=b"%d" % number)
        assert cache.recall(REQUEST) is not None
        await body_of(cache, source, key=b"3")

        assert cache.recall(REQUEST) is not None

    async def test_knows_so_many_requests_of_one_response_only(self, cache, source) -> None:
        response = await kept(cache, source)
        requests = [(True, b"%d" % number) for number in range(SHORTCUTS_MAX_A_RESPONSE + 1)]
        for request in requests:
            cache.remember(request, response, None)

        assert [cache.recall(each) is not None for each in requests] == [
            False,
            *[True] * SHORTCUTS_MAX_A_RESPONSE,
        ]
        assert cache.bytes_taken == ENTRY_BYTES + 6 + SHORTCUTS_MAX_A_RESPONSE

    async def test_knows_no_large_request(self, cache, source) -> None:
        response = await kept(cache, source)
        large = (True, b"x" * (SHORTCUT_BYTES_MAX + 1))
        cache.remember(large, response, None)

        assert cache.recall(large) is None
