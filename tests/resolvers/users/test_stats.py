"""The platform in figures: what counts, and when listeners hear of it."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from decimal import Decimal

import pytest

import resolvers.users.stats
from core.clock import start_of_day
from models.cache import STATS_KEY
from models.rows import StatsRow
from models.tables import TransactionType
from models.tables.tokens import INCOMING_TYPES
from models.topics import STATS_TOPIC
from resolvers.users.stats import stats, stats_stream


def figures(row):
    assert isinstance(row, StatsRow)
    return row.users, row.services, row.courses, row.azr_moved_today


async def next_of(stream):
    async with asyncio.timeout(10):
        return figures(await anext(stream))


async def is_silent(stream):
    """Whether nothing comes, and nothing but a signal or the time could change that."""
    waiting = asyncio.ensure_future(anext(stream))
    done, _ = await asyncio.wait([waiting], timeout=0.05)
    waiting.cancel()
    await asyncio.wait([waiting])
    return not done


class TestStats:
    async def test_are_zero_on_an_empty_platform(self, context):
        found = await stats(context)

        assert figures(found) == (0, 0, 0, Decimal(0))

    async def test_count_people_active_services_and_published_courses(self, context, make):
        person = await make.user()
        await make.user()
        await make.service(person)
        await make.service(person, state="paused")
        await make.course(person)
        await make.course(person, is_published=False)

        found = await stats(context)

        assert figures(found) == (2, 1, 1, Decimal(0))

    @pytest.mark.parametrize("type_", TransactionType)
    async def test_count_the_incoming_side_of_a_movement_alone(self, context, make, type_):
        person = await make.user()
        await make.transaction(person, type=type_.value, amount=Decimal("0.00000001"))

        found = await stats(context)

        moved = Decimal("0.00000001") if type_ in INCOMING_TYPES else Decimal(0)
        assert found.azr_moved_today == moved

    @pytest.mark.parametrize("status", ["pending", "failed"])
    async def test_count_no_movement_that_is_not_completed(self, context, make, status):
        await make.transaction(await make.user(), status=status)

        found = await stats(context)

        assert found.azr_moved_today == 0

    async def test_count_movements_since_midnight_in_utc(self, context, make, stores):
        person = await make.user()
        midnight = start_of_day(stores.clock())
        await make.transaction(person, created_at=midnight, amount=Decimal(3))
        before = midnight - timedelta(microseconds=1)
        await make.transaction(person, created_at=before, amount=Decimal(4))

        found = await stats(context)

        assert found.azr_moved_today == 3

    async def test_are_counted_in_one_statement(self, context, statements):
        with statements.counting() as reading:
            await stats(context)

        assert len(reading.sql) == 1


class TestEventInterval:
    def test_is_one_second(self):
        assert resolvers.users.stats.EVENT_INTERVAL_SECONDS == 1.0


class TestStatsStream:
    @pytest.fixture(autouse=True)
    def _without_pauses(self, monkeypatch):
        monkeypatch.setattr(resolvers.users.stats, "EVENT_INTERVAL_SECONDS", 0)

    async def test_begins_with_the_figures_of_now(self, context, make):
        await make.user()

        async with aclosing(stats_stream(context)) as stream:
            first = await next_of(stream)

        assert first == (1, 0, 0, Decimal(0))

    async def test_goes_on_with_each_change(self, context, make, stores):
        async with aclosing(stats_stream(context)) as stream:
            first = await next_of(stream)
            await make.user()
            await stores.cache.forget(STATS_KEY)
            stores.signals._signal(STATS_TOPIC)
            second = await next_of(stream)

        assert [first[0], second[0]] == [0, 1]

    async def test_is_silent_while_nothing_changes(self, context):
        async with aclosing(stats_stream(context)) as stream:
            await next_of(stream)

            assert await is_silent(stream)

    async def test_tells_several_changes_at_once(self, context, make, stores):
        async with aclosing(stats_stream(context)) as stream:
            await next_of(stream)
            for _ in range(5):
                await make.user()
                stores.signals._signal(STATS_TOPIC)
            await stores.cache.forget(STATS_KEY)
            second = await next_of(stream)

            assert second[0] == 5
            assert await is_silent(stream)

    async def test_tells_nothing_before_its_interval_is_over(self, context, stores, monkeypatch):
        monkeypatch.setattr(resolvers.users.stats, "EVENT_INTERVAL_SECONDS", 3600)
        async with aclosing(stats_stream(context)) as stream:
            await next_of(stream)
            stores.signals._signal(STATS_TOPIC)

            assert await is_silent(stream)

    async def test_leaves_no_listener_behind(self, context, stores):
        async with aclosing(stats_stream(context)) as stream:
            await next_of(stream)

        assert STATS_TOPIC not in stores.signals._listeners
