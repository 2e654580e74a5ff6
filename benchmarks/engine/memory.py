"""The memory of a worker after few and after many requests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import ceil

from benchmarks.engine.documents import CACHED
from benchmarks.engine.plan import Plan
from benchmarks.engine.race import captured_queries
from benchmarks.exchange import GRAPHQL_PATH, Exchange, exchanged
from benchmarks.load import Order
from benchmarks.processes import ServerProcess
from benchmarks.servers import EXECUTING, azora_serve
from benchmarks.throughput import core_apart, order_of, sample_of
from benchmarks.world import World

# Before the next query has its turn.
TURN_REQUESTS_MAX = 2_000
TURN_SECONDS_MAX = 600.0


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident megabytes after so many requests."""

    requests_early: int
    early_megabytes: float
    requests: int
    megabytes: float


def measure_memory(world: World, plan: Plan) -> Memory:
    """The memory of a fresh worker that executes the four queries in turn."""
    with azora_serve(world, **EXECUTING) as azora:
        return _grown(azora, captured_queries(azora.port), plan)


def measure_caching_memory(world: World, plan: Plan) -> Memory:
    """The memory of a fresh worker that answers one document from its response cache."""
    with azora_serve(world) as azora:
        return _grown(azora, [exchanged(azora.port, CACHED)], plan)


def _grown(azora: ServerProcess, exchanges: Sequence[Exchange], plan: Plan) -> Memory:
    core = core_apart([azora])
    orders = [order_of(each, GRAPHQL_PATH, azora.port, plan, core) for each in exchanges]
    early = _ask(azora, orders, plan.memory_requests_early)
    early_megabytes = azora.resident_megabytes()
    requests = early + _ask(azora, orders, plan.memory_requests - early)
    return Memory(early, early_megabytes, requests, azora.resident_megabytes())


def _ask(azora: ServerProcess, orders: Sequence[Order], wanted: int) -> int:
    """Give each query its turn until so many requests are answered; the number answered."""
    answered = 0
    for turn in count():
        if answered >= wanted:
            break
        place = turn % len(orders)
        share = ceil((wanted - answered) / (len(orders) - place))
        order = replace(
            orders[place], seconds=TURN_SECONDS_MAX, requests_max=min(share, TURN_REQUESTS_MAX)
        )
        answered += sample_of(azora, order).seen.requests
    return answered
