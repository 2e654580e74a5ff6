"""How much of the engine and its peers is measured: in full, or briefly to see that it runs."""

from dataclasses import dataclass

from dev.seed import Size


@dataclass(frozen=True, slots=True)
class Plan:
    """The world to measure in, and how often each thing is measured."""

    size: Size
    warm_up_rounds: int
    """Node compiles while it runs, so the first rounds are not counted."""
    rounds: int
    load_seconds: float
    """For each query and server, in each round."""
    connections: int
    composition_rounds: int
    memory_requests_early: int
    memory_requests: int
    """After these and after those requests, the memory of a worker is read."""
    flame_seconds: int
    """For which a worker is watched to draw a flame graph."""


FULL = Plan(
    size=Size.LARGE,
    warm_up_rounds=2,
    rounds=5,
    load_seconds=2.0,
    connections=32,
    composition_rounds=200,
    memory_requests_early=1_000,
    memory_requests=1_000_000,
    flame_seconds=15,
)
SMOKE = Plan(
    size=Size.SMALL,
    warm_up_rounds=0,
    rounds=1,
    load_seconds=0.2,
    connections=4,
    composition_rounds=3,
    memory_requests_early=20,
    memory_requests=100,
    flame_seconds=1,
)
