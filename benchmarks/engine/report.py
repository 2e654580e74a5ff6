"""The engine's measurements as Markdown, beside the goals that they are held against."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.composition import Comparison
from benchmarks.engine.documents import CACHED
from benchmarks.engine.memory import Memory
from benchmarks.engine.peers import APOLLO, PEERS
from benchmarks.engine.race import AZORA, BARE, CACHING, Race
from benchmarks.machine import MachineLoad
from benchmarks.report import table

README_MARK = "engine"
TAIL_GOAL = 3.0
MEMORY_GOAL = 1.1
OWN_GOAL, ACROSS_GOAL = 1.05, 1.0
CACHED_GOAL = 0.5
GOAL_HEADER = ("Goal", "wanted", "found", "")
REFERENCE_GOALS = {"Q1": 2.0, "Q2": 3.0}


@dataclass(frozen=True, slots=True)
class Measurements:
    """Everything that one run found out."""

    facts: str
    before: MachineLoad
    after: MachineLoad
    seeding: str
    race: Race
    comparisons: Sequence[Comparison]
    memory: Memory
    caching_memory: Memory
    connections: int


def markdown(found: Measurements) -> str:
    """The whole report."""
    loads = f"Load averages of the machine before: {found.before}, after: {found.after}."
    explained = (
        f"One process each, {found.connections} connections; in brackets CPU milliseconds of the"
        " server's process for one request, without the databases'. All connections ask the same,"
        " but for the last two columns: there each asks for another service, or for another number"
        " of them."
    )
    parts = (
        f"{found.facts}. In the data folder {found.seeding}.\n{loads}",
        f"### Requests a second, as ratios to {found.race.reference}",
        explained,
        _ratio_table(found.race),
        "### Latencies",
        _latency_table(found.race),
        "### Composed against plain: CPU milliseconds of one operation",
        _composition_table(found.comparisons),
        "### Goals",
        table(GOAL_HEADER, _goals(found)),
    )
    return "\n\n".join(parts)


def _ratio_table(race: Race) -> str:
    names = [exchange.query.name for exchange in race.exchanges]
    rows = [
        (
            title,
            *(
                f"{race.ratio(title, name, to=race.reference):.2f}"
                f" ({race.load(title, name).server_cpu_ms:.2f})"
                for name in names
            ),
        )
        for title in race.titles
    ]
    return table(("Server", *names), rows)


def _latency_table(race: Race) -> str:
    header = ("Server", "query", "requests/s", "p50 ms", "p99 ms", "p99 / p50", "generator busy")
    asked = [
        *((title, each.query.name) for each in race.exchanges for title in race.titles),
        (CACHING, CACHED.name),
        (BARE, CACHED.name),
    ]
    loads = [(title, name, race.load(title, name)) for title, name in asked]
    return table(
        header,
        [
            (
                title,
                name,
                f"{load.requests_a_second:,.0f}",
                f"{load.p50_ms:.1f}",
                f"{load.p99_ms:.1f}",
                f"{load.p99_ms / load.p50_ms:.1f}",
                f"{load.generator_busy:.0%}",
            )
            for title, name, load in loads
        ],
    )


def _composition_table(comparisons: Sequence[Comparison]) -> str:
    return table(
        ("Query", "rows from", "plain", "composed", "ratio"),
        [
            (
                each.case.title,
                "memory" if each.is_prepared else "databases",
                f"{each.plain_ms:.2f}",
                f"{each.composed_ms:.2f}",
                f"{each.ratio_median:.3f}",
            )
            for each in comparisons
        ],
    )


def _goals(found: Measurements) -> list[tuple[str, str, str, str]]:
    race = found.race
    names = [exchange.query.name for exchange in race.exchanges if not exchange.others]
    rows = [
        _at_least(f"{name} to {race.reference}", goal, race.ratio(AZORA, name, to=race.reference))
        for name, goal in REFERENCE_GOALS.items()
    ]
    rows += [
        _at_least(f"{name} to {peer.title}", 1.0, race.ratio(AZORA, name, to=peer.title))
        for peer in PEERS
        if peer.is_node and peer is not APOLLO
        for name in names
    ]
    own = max(each.ratio_median for each in found.comparisons if each.case.is_own)
    across = max(each.ratio_median for each in found.comparisons if not each.case.is_own)
    cached = race.ratio(CACHING, CACHED.name, to=BARE)
    tails = [
        *(race.load(AZORA, name) for name in names),
        race.load(CACHING, CACHED.name),
    ]
    return [
        *rows,
        _at_most("composed to plain, own fields, largest", OWN_GOAL, own),
        _at_most("composed to a DataLoader monolith, three foreign fields", ACROSS_GOAL, across),
        _at_least("cached public document to a bare handler", CACHED_GOAL, cached),
        _at_most(
            "p99 to p50, largest", TAIL_GOAL, max(load.p99_ms / load.p50_ms for load in tails)
        ),
        *_memory_goals(found.memory, found.caching_memory),
    ]


def memory_table(memory: Memory, caching_memory: Memory) -> str:
    """What memory alone comes to."""
    return table(GOAL_HEADER, _memory_goals(memory, caching_memory))


def _memory_goals(memory: Memory, caching_memory: Memory) -> list[tuple[str, str, str, str]]:
    return [
        _memory("executing", memory),
        _memory("answering from the response cache", caching_memory),
    ]


def _memory(doing: str, memory: Memory) -> tuple[str, str, str, str]:
    title = (
        f"memory of a worker {doing}: {memory.megabytes:.0f} MB after {memory.requests:,} requests"
        f" to {memory.early_megabytes:.0f} MB after {memory.requests_early:,}"
    )
    return _at_most(title, MEMORY_GOAL, memory.megabytes / memory.early_megabytes)


def _at_least(title: str, goal: float, found: float) -> tuple[str, str, str, str]:
    return title, f"at least {goal:.2f}", f"{found:.3f}", "reached" if found >= goal else "missed"


def _at_most(title: str, goal: float, found: float) -> tuple[str, str, str, str]:
    return title, f"at most {goal:.2f}", f"{found:.3f}", "reached" if found <= goal else "missed"
