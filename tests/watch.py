"""A clock that tests set."""

from datetime import UTC, datetime, timedelta


class Watch:
    """Shows a fixed time until it is moved. Given wherever a `Clock` is expected."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 18, 45, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Let time pass: `move(days=7)`."""
        self.now += timedelta(**by)
