"""Values that a process has read a moment ago, and may show again without asking for them."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

KEPT_SECONDS = 5.0
KEPT_MAX = 20_000


class RecentValues(Generic[Key, Value]):
    """What was read in the last seconds, dropped as a whole: by age, by number, at each change.

    `may_recall` says whether the process would hear of a change; while it would not, nothing is
    known.
    """

    __slots__ = ("_ends_at", "_may_recall", "_monotonic", "_values")

    def __init__(
        self, *, may_recall: Callable[[], bool], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._may_recall = may_recall
        self._monotonic = monotonic
        self._values: dict[Key, Value] = {}
        self._ends_at = 0.0

    def recall(self, keys: Sequence[Key]) -> list[Value | None]:
        """What is known of each of `keys` at this moment, in their order."""
        if self._values and (self._monotonic() >= self._ends_at or not self._may_recall()):
            self.forget()
        return list(map(self._values.get, keys))

    def now(self) -> object:
        """A moment for `keep`, from before a read."""
        return self._values

    def keep(self, values: Mapping[Key, Value], *, read_since: object) -> None:
        """Know `values`, unless there was a change since the moment from before they were read."""
        if read_since is not self._values:
            return
        if len(self._values) + len(values) > KEPT_MAX:
            self.forget()
        if not self._values:
            self._ends_at = self._monotonic() + KEPT_SECONDS
        self._values.update(values)

    def forget(self) -> None:
        """Know nothing: something may have changed."""
        self._values = {}
