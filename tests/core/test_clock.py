"""Time: aware, in UTC, to the millisecond; days begin at midnight in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine

from core.clock import start_of_day, start_of_next_day, system_clock

JOHANNESBURG = timezone(timedelta(hours=2))


class TestSystemClock:
    def test_answers_in_utc_to_the_millisecond(self):
        moment = datetime(2026, 11, 22, 18, 45, 0, 123_987, tzinfo=UTC)

        with time_machine.travel(moment, tick=False):
            now = system_clock()

        assert now == datetime(2026, 11, 22, 18, 45, 0, 123_000, tzinfo=UTC)
        assert now.utcoffset() == timedelta(0)


class TestStartOfDay:
    @pytest.mark.parametrize(
        ("moment", "midnight"),
        [
            (datetime(2026, 11, 22, 18, 45, 1, 5, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)),
            (datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)),
            (
                datetime(2026, 11, 22, 1, 30, tzinfo=JOHANNESBURG),
                datetime(2026, 11, 21, tzinfo=UTC),
            ),
        ],
    )
    def test_is_midnight_in_utc_whatever_the_zone_of_the_moment(self, moment, midnight):
        found = start_of_day(moment)

        assert found == midnight
        assert found.tzinfo is UTC


class TestStartOfNextDay:
    def test_crosses_the_end_of_a_month(self):
        moment = datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)

        found = start_of_next_day(moment)

        assert found == datetime(2028, 3, 1, tzinfo=UTC)
