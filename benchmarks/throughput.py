"""Requests a second and latencies: `azora serve`, a bare handler and a sink, in turn.

Server and generator have a core each where there are two; the databases run where there is room.
"""

import base64
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median

from rich.console import Console

from benchmarks.exchange import GRAPHQL_PATH, Exchange, ask, exchanged
from benchmarks.load import Order, Seen
from benchmarks.plan import Busy, Plan
from benchmarks.processes import ServerProcess
from benchmarks.queries import ONE_SERVICE, Query, queries
from benchmarks.servers import EXECUTING, azora_serve, repeating
from benchmarks.world import World

GENERATOR_EXTRA_SECONDS_MAX = 30.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of the generator against one server."""

    seen: Seen
    server_cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """Medians over the rounds of one query on one server."""

    requests_a_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    server_cpu_ms: float
    """For each request."""
    generator_cpu_ms: float
    """For each request."""
    generator_busy: float
    """The share of its core that the generator used, from 0 to 1."""

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> "Load":
        seen = [sample.seen for sample in samples]
        return cls(
            requests_a_second=median(each.requests / each.seconds for each in seen),
            p50_ms=median(each.p50_ms for each in seen),
            p95_ms=median(each.p95_ms for each in seen),
            p99_ms=median(each.p99_ms for each in seen),
            server_cpu_ms=median(
                1000 * sample.server_cpu_seconds / sample.seen.requests for sample in samples
            ),
            generator_cpu_ms=median(1000 * each.cpu_seconds / each.requests for each in seen),
            generator_busy=median(each.cpu_seconds / each.seconds for each in seen),
        )


@dataclass(frozen=True, slots=True)
class QueryLoad:
    """One query on the three servers."""

    query: Query
    answer_bytes: int
    azora: Load
    bare: Load
    sink: Load


@dataclass(frozen=True, slots=True)
class Throughput:
    """All queries, and the memory of the worker."""

    loads: list[QueryLoad]
    connections: int
    started_megabytes: float
    loaded_megabytes: float


def measure_throughput(world: World, plan: Plan, console: Console) -> Throughput:
    """Ask every query of every server, round by round; warm-up rounds are not counted."""
    with azora_serve(world, **EXECUTING) as azora:
        started_megabytes = azora.resident_megabytes()
        exchanges = _captured(azora.port)
        with _repeaters(exchanges, world) as (bare, sink):
            servers = {"azora": azora, "bare": bare, "sink": sink}
            samples = _rounds(servers, exchanges, plan, console)
        return Throughput(
            [_query_load(exchange, samples) for exchange in exchanges],
            plan.connections,
            started_megabytes,
            azora.resident_megabytes(),
        )


def _captured(port: int) -> list[Exchange]:
    """The real answer to each query."""
    (service,) = ask(port, ONE_SERVICE)["services"]["nodes"]
    return [exchanged(port, query) for query in queries(service["id"])]


@contextmanager
def _repeaters(
    exchanges: list[Exchange], world: World
) -> Generator[tuple[ServerProcess, ServerProcess]]:
    with (
        repeating("benchmarks.bare", exchanges, world) as bare,
        repeating("benchmarks.sink", exchanges, world) as sink,
    ):
        yield bare, sink


Samples = defaultdict[tuple[str, str], list[Sample]]
"""By the names of query and server."""


def _rounds(
    servers: dict[str, ServerProcess], exchanges: list[Exchange], plan: Plan, console: Console
) -> Samples:
    generator_core = core_apart(servers.values())
    samples: Samples = defaultdict(list)
    for number in range(plan.warm_up_rounds + plan.load_rounds):
        console.print(f"Load, round {number + 1}", style="dim")
        for exchange in exchanges:
            for name, server in servers.items():
                path = GRAPHQL_PATH if name == "azora" else exchange.path
                order = order_of(exchange, path, server.port, plan, generator_core)
                sample = sample_of(server, order)
                if number >= plan.warm_up_rounds:
                    samples[exchange.query.name, name].append(sample)
    return samples


def core_apart(servers: Iterable[ServerProcess]) -> int | None:
    """Put the servers on one core, and say which other the generator may have."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        return None
    for server in servers:
        os.sched_setaffinity(server.pid, {cores[0]})
    return cores[1]


def order_of(exchange: Exchange, path: str, port: int, plan: Busy, core: int | None) -> Order:
    """Send the exchange's request for a while, and expect its answer."""
    (request, body), *others = [
        (
            base64.b64encode(each.request(path)).decode(),
            base64.b64encode(each.body).decode(),
        )
        for each in (exchange, *exchange.others)
    ]
    return Order(
        port=port,
        request_base64=request,
        expected_body_base64=body,
        connections=plan.connections,
        seconds=plan.load_seconds,
        core=core,
        others_base64=others,
    )


def sample_of(server: ServerProcess, order: Order) -> Sample:
    """Keep a server busy with one order, from a process of its own."""
    cpu_seconds = server.cpu_seconds()
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        check=True,
        input=json.dumps(asdict(order)).encode(),
        stdout=subprocess.PIPE,
        timeout=order.seconds + GENERATOR_EXTRA_SECONDS_MAX,
    )
    seen = Seen(**json.loads(finished.stdout))
    return Sample(seen, server.cpu_seconds() - cpu_seconds)


def _query_load(exchange: Exchange, samples: Samples) -> QueryLoad:
    name = exchange.query.name
    return QueryLoad(
        query=exchange.query,
        answer_bytes=len(exchange.body),
        azora=Load.of(samples[name, "azora"]),
        bare=Load.of(samples[name, "bare"]),
        sink=Load.of(samples[name, "sink"]),
    )
