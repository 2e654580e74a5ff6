"""Time, passed in so that tests can set it. All times are aware and in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, in UTC, to the millisecond: the precision that clients see and cursors carry."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def start_of_day(moment: datetime) -> datetime:
    """Midnight in UTC at the beginning of the day of `moment`."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def start_of_next_day(moment: datetime) -> datetime:
    return start_of_day(moment) + timedelta(days=1)
