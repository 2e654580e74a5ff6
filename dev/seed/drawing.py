"""Chance that repeats itself: every draw comes from a named stream of one seed number.

A stream of its own for each subject keeps, say, the people the same when reviews draw once more.
"""

from bisect import bisect
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from random import Random
from typing import TypeVar
from uuid import UUID

from core.ids import id_at

Option = TypeVar("Option")


class Draw:
    """Draws from one stream. The same seed number and stream give the same draws."""

    def __init__(self, number: int, stream: str) -> None:
        # A text seed is hashed with SHA-512, so PYTHONHASHSEED has no say in it.
        self.random = Random(f"{number}:{stream}")  # noqa: S311  # invents people, guards nothing

    def pick(self, options: Sequence[Option]) -> Option:
        return options[int(self.random.random() * len(options))]

    def is_lucky(self, chance: float) -> bool:
        """True in `chance` of all cases, from 0 to 1."""
        return self.random.random() < chance

    def between(self, lowest: int, highest: int) -> int:
        """A whole number from `lowest` to `highest`, both included."""
        return lowest + int(self.random.random() * (highest - lowest + 1))

    def between_sorted(self, lowest: int, highest: int, *, count: int) -> list[int]:
        return sorted(self.between(lowest, highest) for _ in range(count))

    def sample(self, options: Sequence[Option], count: int) -> list[Option]:
        return self.random.sample(options, count)

    def id_at(self, moment: datetime) -> UUID:
        """A UUIDv7 of `moment`."""
        return id_at(moment, self.random)


class WeightedChoice:
    """Draws positions of a list, each as often as its weight says."""

    def __init__(self, weights: Sequence[float]) -> None:
        self._sums = list(accumulate(weights))

    def position(self, draw: Draw) -> int:
        at = bisect(self._sums, draw.random.random() * self._sums[-1])
        return min(at, len(self._sums) - 1)
