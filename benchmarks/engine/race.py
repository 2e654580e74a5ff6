"""Requests a second of Azora and its peers, in turn, on one core; the generator has another."""

from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from statistics import median

from rich.console import Console

from benchmarks.engine.documents import CACHED, require_equal_content
from benchmarks.engine.peers import APOLLO, PEERS, serving
from benchmarks.engine.plan import Plan
from benchmarks.exchange import GRAPHQL_PATH, Exchange, ask, exchanged
from benchmarks.processes import ServerProcess
from benchmarks.queries import DEAREST, ONE_SERVICE, Query, apart, queries
from benchmarks.servers import EXECUTING, azora_serve, repeating
from benchmarks.throughput import Load, Sample, core_apart, order_of, sample_of
from benchmarks.world import World
from core.ids import decode_id

AZORA = "Azora"
CACHING = "Azora, from its response cache"
BARE = "bare ASGI handler"


@dataclass(frozen=True, slots=True)
class Runner:
    """A server, and what it is asked at which paths."""

    title: str
    process: ServerProcess
    asked: Sequence[tuple[Exchange, str]]


Samples = defaultdict[tuple[str, str], list[Sample]]
"""By the server's title and the query's name, a sample for each round."""


@dataclass(frozen=True, slots=True)
class Race:
    """What all rounds found."""

    samples: Samples
    exchanges: Sequence[Exchange]
    """Azora's answers to the four queries, then to those that connections ask differently."""
    titles: Sequence[str]
    """Of the servers that answer the four queries."""
    reference: str
    """The title of the server that the others are compared with."""

    def load(self, title: str, query: str) -> Load:
        return Load.of(self.samples[title, query])

    def ratio(self, title: str, query: str, *, to: str) -> float:
        """The median of the rounds' ratios of requests a second."""
        pairs = zip(self.samples[title, query], self.samples[to, query], strict=True)
        return median(_rate(one) / _rate(other) for one, other in pairs)


def run_race(world: World, plan: Plan, console: Console) -> Race:
    """Ask every query of every server, round by round; warm-up rounds are not counted."""
    samples: Samples = defaultdict(list)
    with _runners(world, plan.connections) as runners:
        core = core_apart(runner.process for runner in runners)
        for number in range(plan.warm_up_rounds + plan.rounds):
            console.print(f"Azora and its peers, round {number + 1}", style="dim")
            for runner, exchange, path in _turns(runners):
                order = order_of(exchange, path, runner.process.port, plan, core)
                sample = sample_of(runner.process, order)
                if number >= plan.warm_up_rounds:
                    samples[runner.title, exchange.query.name].append(sample)
        exchanges = [exchange for exchange, _ in runners[0].asked]
    titles = [AZORA, *(peer.title for peer in PEERS)]
    return Race(samples, exchanges, titles, APOLLO.title)


def _turns(runners: Sequence[Runner]) -> Generator[tuple[Runner, Exchange, str]]:
    """All servers on one query, then all on the next: what is compared is measured together."""
    names = {exchange.query.name: None for runner in runners for exchange, _ in runner.asked}
    for name in names:
        for runner in runners:
            for exchange, path in runner.asked:
                if exchange.query.name == name:
                    yield runner, exchange, path


@contextmanager
def _runners(world: World, connections: int) -> Generator[list[Runner]]:
    """Azora first. Raises DifferentContent when a peer's answer is another."""
    with ExitStack() as stack:
        azora = stack.enter_context(azora_serve(world, **EXECUTING))
        asked = f"{{ services(first: {connections}, {DEAREST}) {{ nodes {{ id }} }} }}"
        nodes = ask(azora.port, asked)["services"]["nodes"]
        own = _answers(azora.port, [node["id"] for node in nodes], queries)
        runners = [_runner(AZORA, azora, own)]
        keys = [str(decode_id(node["id"])[1]) for node in nodes]
        for peer in PEERS:
            process = stack.enter_context(serving(peer, world))
            answers = _answers(process.port, keys, peer.documents)
            for answer, expected in zip(_each(answers), _each(own), strict=True):
                require_equal_content(answer, expected, server=peer.title)
            runners.append(_runner(peer.title, process, answers))
        caching = stack.enter_context(azora_serve(world))
        cached = exchanged(caching.port, CACHED)
        bare = stack.enter_context(repeating("benchmarks.bare", [cached], world))
        yield [
            *runners,
            _runner(CACHING, caching, [cached]),
            Runner(BARE, bare, [(cached, cached.path)]),
        ]


def _runner(title: str, process: ServerProcess, exchanges: Sequence[Exchange]) -> Runner:
    return Runner(title, process, [(each, GRAPHQL_PATH) for each in exchanges])


def _answers(
    port: int, service_ids: Sequence[str], documents: Callable[[str], Sequence[Query]]
) -> list[Exchange]:
    """A server's answers to the four queries, and to two that each connection asks differently."""
    answers = [exchanged(port, query) for query in documents(service_ids[0])]
    for forms in apart(service_ids, documents):
        first, *others = [exchanged(port, form) for form in forms]
        answers.append(replace(first, others=tuple(others)))
    return answers


def _each(answers: Sequence[Exchange]) -> list[Exchange]:
    return [each for answer in answers for each in (answer, *answer.others)]


def captured_queries(port: int) -> list[Exchange]:
    """Azora's answers to the four queries."""
    (service,) = ask(port, ONE_SERVICE)["services"]["nodes"]
    return [exchanged(port, query) for query in queries(service["id"])]


def _rate(sample: Sample) -> float:
    return sample.seen.requests / sample.seen.seconds
