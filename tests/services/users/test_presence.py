"""Who is online, and what is said of it while Redis is away."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from core.redis.client import RedisStore
from services.users.presence import Presence

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Signals:
    """Remembers what was published."""

    def __init__(self):
        self.topics = []

    async def publish(self, topic):
        self.topics.append(topic)


@pytest.fixture
def signals():
    return Signals()


@pytest.fixture
def presence(stores, signals):
    return Presence(stores.redis, signals)


class TestPresence:
    async def test_counts_each_person_once(self, presence, signals):
        for member in ("ama", "wanjiru", "ama"):
            await presence.mark(member)

        assert await presence.count() == 2
        assert signals.topics == ["stats", "stats"]

    async def test_forgets_those_who_leave(self, presence, signals):
        await presence.mark("ama")

        await presence.leave("ama")
        await presence.leave("ama")

        assert await presence.count() == 0
        assert signals.topics == ["stats", "stats"]

    async def test_forgets_those_who_were_not_seen_for_a_minute(self, presence):
        with time_machine.travel(NOON, tick=False):
            await presence.mark("ama")
        with time_machine.travel(NOON + timedelta(seconds=60), tick=False):
            within = await presence.count()
        with time_machine.travel(NOON + timedelta(seconds=61), tick=False):
            after = await presence.count()

        assert (within, after) == (1, 0)

    async def test_keeps_those_who_are_seen_again(self, presence):
        for seconds in (0, 50, 100):
            with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
                await presence.mark("ama")
                counted = await presence.count()

        assert counted == 1

    async def test_signals_that_somebody_came_back(self, presence, signals):
        with time_machine.travel(NOON, tick=False):
            await presence.mark("ama")
        with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
            await presence.mark("ama")
            counted = await presence.count()

        assert counted == 1
        assert signals.topics == ["stats", "stats"]

    async def test_signals_that_others_have_gone(self, presence, signals):
        with time_machine.travel(NOON, tick=False):
            await presence.mark("ama")
        with time_machine.travel(NOON + timedelta(seconds=30), tick=False):
            await presence.mark("wanjiru")
        with time_machine.travel(NOON + timedelta(seconds=80), tick=False):
            await presence.mark("wanjiru")
            counted = await presence.count()

        assert counted == 1
        assert signals.topics == ["stats", "stats", "stats"]

    async def test_is_silent_while_redis_is_away(self, signals):
        away = RedisStore("redis://127.0.0.1:1/0")
        presence = Presence(away, signals)

        await presence.mark("ama")
        await presence.leave("ama")

        assert await presence.count() == 0
        assert signals.topics == []
        await away.close()
