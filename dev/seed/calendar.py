"""The time in which the seeded world takes place, in milliseconds since 1970 UTC.

History ends at midnight; what belongs to today is drawn apart, so that figures of today are alive.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from core.clock import start_of_day
from dev.seed.drawing import Draw

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
HISTORY_DAYS = 540
# A world made at midnight has had no today yet, so its today is these first minutes.
TODAY_MINUTES_MIN = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(at: int) -> datetime:
    """The aware UTC time of `at` milliseconds."""
    return _EPOCH + timedelta(milliseconds=at)


def milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """From the first sign-up (`beginning`) over last midnight (`today`) to the `end`."""

    beginning: int
    today: int
    end: int

    @classmethod
    def until(cls, now: datetime) -> Self:
        today = milliseconds(start_of_day(now))
        end = max(milliseconds(now), today + TODAY_MINUTES_MIN * MINUTE)
        return cls(beginning=today - HISTORY_DAYS * DAY, today=today, end=end)

    def days_ago(self, days: float) -> int:
        return self.today - int(days * DAY)

    def in_history(self, draw: Draw, *, after: int) -> int:
        """Some time from `after` to last midnight."""
        return draw.between(min(after, self.today - 1), self.today - 1)

    def some_time(self, draw: Draw, *, after: int, is_today: bool) -> int:
        """Some time today, or else from `after` to last midnight."""
        return self.during_today(draw) if is_today else self.in_history(draw, after=after)

    def during_today(self, draw: Draw, *, length: int = 0) -> int:
        """Some time today that leaves `length` milliseconds before the world ends."""
        return draw.between(self.today, max(self.today, self.end - 1 - length))
