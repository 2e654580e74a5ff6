"""The platform in figures, live, from any process to any process."""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import replace

import pytest
from graphql import parse, subscribe

import resolvers.live
import resolvers.users.stats
from core.redis.cache import Cache
from core.redis.pubsub import PubSub
from graph.execution.executor import ScopedExecutor
from models.topics import STATS_TOPIC
from services.auth.viewer import Viewer
from services.users.presence import Presence

LIVE = "subscription { liveStats { users services courses azrMovedToday onlineNow } }"
WORDY = """subscription { liveStats { __typename people: users services ... on Stats { courses }
  azrMovedToday onlineNow } }"""
ONLINE = "subscription { liveStats { onlineNow } }"
PATIENCE_SECONDS = 10
REGISTER = """mutation { register(input: {
    email: "ama@example.com", fullName: "Ama", password: "a sentence that nobody guesses"
}) { __typename } }"""


@pytest.fixture
def pauses(monkeypatch):
    """Lets a stream go on after an event only when the test says so."""
    gate = asyncio.Semaphore(0)

    async def sleep(seconds):
        asked.append(seconds)
        await gate.acquire()

    asked = []
    stand_in = type("Asyncio", (), {"sleep": staticmethod(sleep)})
    monkeypatch.setattr(resolvers.live, "asyncio", stand_in)
    return gate, asked


@pytest.fixture
async def process(platform, addresses, stores):
    """Another process: a platform with signals of its own on the same Redis."""
    signals = PubSub(addresses.redis_url, stores.redis)
    own = replace(stores, signals=signals, cache=Cache(stores.redis))
    return replace(platform, stores=own, presence=Presence(stores.redis, signals))


@pytest.fixture
async def hearing(platform, stores):
    """The platform, hearing the signals of others."""
    task = asyncio.ensure_future(platform.run())
    async with stores.signals.listen("ready") as heard:
        while not heard.is_set():
            await stores.signals.publish("ready")
            with suppress(TimeoutError):
                await asyncio.wait_for(heard.wait(), 0.05)
    yield platform
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
def settled(hearing, process):
    """Return when every signal that was published before has arrived: they keep their order."""

    async def settle():
        async with asyncio.timeout(PATIENCE_SECONDS), listening() as heard:
            await process.stores.signals.publish("marker")
            await heard.wait()

    def listening():
        return hearing.stores.signals.listen("marker")

    return settle


@pytest.fixture
def watch_stats(graph, hearing):
    """Subscribe: the stream of results."""

    def subscribed(document=LIVE, viewer=Viewer.ANONYMOUS):
        operation = graph.prepare(document, operation_name=None, variables={})
        context = hearing.context(viewer=viewer, request_id="test")
        return graph.subscribe(operation, context)

    return subscribed


async def following(stream):
    """The next event's figures."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        result = await anext(stream)
    assert result.errors is None
    return result.data["liveStats"]


class TestLiveStats:
    async def test_says_the_current_figures_at_once(self, make, watch_stats, pauses):
        await make.service(await make.user())

        async with aclosing(watch_stats()) as stream:
            first = await following(stream)

        assert first == {
            "users": 1,
            "services": 1,
            "courses": 0,
            "azrMovedToday": "0.00000000",
            "onlineNow": 0,
        }

    async def test_follows_a_change_in_another_process(self, graph, watch_stats, process, pauses):
        gate, _ = pauses
        async with aclosing(watch_stats()) as stream:
            first = await following(stream)
            operation = graph.prepare(REGISTER, operation_name=None, variables={})
            context = process.context(viewer=Viewer.ANONYMOUS, request_id="test")
            await graph.execute(operation, context)
            gate.release()

            second = await following(stream)

        assert (first["users"], second["users"]) == (0, 1)

    @pytest.mark.parametrize("is_signed_in", [False, True])
    async def test_says_at_each_event_what_graphql_core_says(
        self, graph, hearing, watch_stats, ask, make, pauses, is_signed_in
    ):
        gate, _ = pauses
        viewer = Viewer((await make.user()).id) if is_signed_in else Viewer.ANONYMOUS
        reference = await subscribe(
            graph.schema,
            parse(WORDY),
            context_value=hearing.context(viewer=viewer, request_id="test"),
            executor_class=ScopedExecutor,
        )

        async with aclosing(watch_stats(WORDY, viewer)) as stream, aclosing(reference):
            first = await following(stream), await following(reference)
            await ask(REGISTER)
            gate.release()
            gate.release()
            second = await following(stream), await following(reference)

        assert first[0] == first[1]
        assert second[0] == second[1] == {**first[0], "people": first[0]["people"] + 1}

    async def test_follows_people_who_come_and_go(self, watch_stats, process, pauses):
        gate, _ = pauses
        counted = []

        async with aclosing(watch_stats()) as stream:
            counted.append((await following(stream))["onlineNow"])
            for change in (process.presence.mark, process.presence.leave):
                await change("ama")
                gate.release()
                counted.append((await following(stream))["onlineNow"])

        assert counted == [0, 1, 0]

    async def test_waits_a_second_after_each_event(self, watch_stats, process, settled, pauses):
        gate, asked = pauses

        async with aclosing(watch_stats()) as stream:
            await following(stream)
            waiting = asyncio.ensure_future(following(stream))
            for _ in range(5):
                await process.stores.signals.publish(STATS_TOPIC)
            await settled()
            is_early = waiting.done()
            gate.release()
            await waiting

        assert not is_early
        assert asked == [1.0]

    async def test_says_many_changes_at_once(self, watch_stats, process, settled, pauses):
        gate, _ = pauses

        async with aclosing(watch_stats(ONLINE)) as stream:
            await following(stream)
            for number in range(5):
                await process.presence.mark(f"person-{number}")
            await settled()
            gate.release()
            second = await following(stream)
            waiting = asyncio.ensure_future(following(stream))
            gate.release()
            await settled()
            is_quiet = not waiting.done()
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting

        assert second == {"onlineNow": 5}
        assert is_quiet

    async def test_leaves_no_listener_when_its_reader_leaves(self, watch_stats, stores, pauses):
        stream = watch_stats()
        await following(stream)
        listening = set(stores.signals._listeners)

        await stream.aclose()

        assert listening == {STATS_TOPIC}
        assert dict(stores.signals._listeners) == {}

    async def test_leaves_no_listener_when_it_is_cancelled(self, watch_stats, stores, pauses):
        stream = watch_stats()
        await following(stream)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)

        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        await stream.aclose()

        assert dict(stores.signals._listeners) == {}

    async def test_serves_many_readers_from_one_connection(self, watch_stats, process, pauses):
        gate, _ = pauses
        streams = [watch_stats(ONLINE) for _ in range(20)]
        for stream in streams:
            await following(stream)

        await process.presence.mark("ama")
        for _ in streams:
            gate.release()
        heard = await asyncio.gather(*map(following, streams))

        assert heard == [{"onlineNow": 1}] * 20
        for stream in streams:
            await stream.aclose()

    async def test_masks_what_goes_wrong_and_ends(self, watch_stats, monkeypatch, logged):
        async def broken(context):
            raise RuntimeError("marker-7d1")

        monkeypatch.setattr(resolvers.users.stats, "stats", broken)

        async with aclosing(watch_stats()) as stream:
            results = [result async for result in stream]

        (result,) = results
        assert "marker-7d1" not in str(result.body())
        assert [error["extensions"]["code"] for error in result.errors] == ["INTERNAL_SERVER_ERROR"]
        assert [str(entry["exc_info"]) for entry in logged] == ["marker-7d1"]
