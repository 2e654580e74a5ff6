"""How much is measured: in full, or briefly to see that every benchmark still runs."""

from dataclasses import dataclass
from typing import Protocol

from dev.seed import Size


class Busy(Protocol):
    """How a server is kept busy: by how many connections, and for how long each time."""

    @property
    def connections(self) -> int: ...
    @property
    def load_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """The world to measure in, and how often each thing is measured."""

    size: Size
    warm_up_rounds: int
    """Before whatever is repeated; not counted."""
    composition_rounds: int
    start_rounds: int
    load_rounds: int
    load_seconds: float
    """For each query and server, in each round."""
    connections: int


FULL = Plan(
    size=Size.LARGE,
    warm_up_rounds=1,
    composition_rounds=200,
    start_rounds=7,
    load_rounds=7,
    load_seconds=2.5,
    connections=32,
)
SMOKE = Plan(
    size=Size.SMALL,
    warm_up_rounds=0,
    composition_rounds=3,
    start_rounds=1,
    load_rounds=1,
    load_seconds=0.2,
    connections=4,
)
