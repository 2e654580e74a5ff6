"""The measurements as Markdown, printed and kept in README.md between two markers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cold_start import ColdStart
from benchmarks.composition import Comparison
from benchmarks.machine import MachineLoad
from benchmarks.throughput import Load, QueryLoad, Throughput

README = Path(__file__).with_name("README.md")
RATIO_GOAL = 1.1


@dataclass(frozen=True, slots=True)
class Measurements:
    """Everything that one run found out."""

    facts: str
    before: MachineLoad
    after: MachineLoad
    seeding: str
    comparisons: Sequence[Comparison]
    cold_start: ColdStart
    throughput: Throughput


def markdown(found: Measurements) -> str:
    """The whole report."""
    parts = (
        _facts(found),
        "### Composed against plain: CPU milliseconds of one operation",
        _composition_table(found.comparisons),
        _goal(found.comparisons),
        f"### HTTP: one worker, {found.throughput.connections} keep-alive connections",
        _load_table(found.throughput.loads),
        "### The load generator",
        _generator_table(found.throughput.loads),
        "### Cold start and memory",
        _start_table(found.cold_start),
        _memory(found.throughput),
    )
    return "\n\n".join(parts)


def write(text: str, *, name: str = "measured") -> None:
    """Replace what stands between the two markers of this name in README.md."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = README.read_text().partition(begin)
    _, _, after = rest.partition(end)
    README.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def _facts(found: Measurements) -> str:
    return (
        f"{found.facts}. In the data folder {found.seeding}.\n"
        f"Load averages of the machine before: {found.before}, after: {found.after}."
    )


def _composition_table(comparisons: Sequence[Comparison]) -> str:
    header = ("Query", "rows from", "plain", "composed", "ratio, median", "ratio, min")
    return table(
        header,
        (
            (
                each.case.title,
                "memory" if each.is_prepared else "databases",
                f"{each.plain_ms:.2f}",
                f"{each.composed_ms:.2f}",
                f"{each.ratio_median:.3f}",
                f"{each.ratio_min:.3f}",
            )
            for each in comparisons
        ),
    )


def _goal(comparisons: Sequence[Comparison]) -> str:
    largest = max(each.ratio_median for each in comparisons if each.case.is_own)
    return f"The largest ratio on own fields is {largest:.2f}; the goal is at most {RATIO_GOAL}."


def _load_table(loads: Sequence[QueryLoad]) -> str:
    header = (
        "Query",
        "bytes",
        "requests/s",
        "p50 / p95 / p99 ms",
        "CPU ms",
        "bare: requests/s",
        "bare: p50 / p95 / p99 ms",
        "bare: CPU ms",
        "requests/s to bare",
    )
    return table(
        header,
        (
            (
                f"{each.query.name} {each.query.title}",
                f"{each.answer_bytes:,}",
                f"{each.azora.requests_a_second:,.0f}",
                _latencies(each.azora),
                f"{each.azora.server_cpu_ms:.2f}",
                f"{each.bare.requests_a_second:,.0f}",
                _latencies(each.bare),
                f"{each.bare.server_cpu_ms:.3f}",
                f"{each.azora.requests_a_second / each.bare.requests_a_second:.4f}",
            )
            for each in loads
        ),
    )


def _generator_table(loads: Sequence[QueryLoad]) -> str:
    header = ("Query", "requests/s to the sink", "CPU ms", "core busy: sink", "bare", "azora")
    return table(
        header,
        (
            (
                each.query.name,
                f"{each.sink.requests_a_second:,.0f}",
                f"{each.sink.generator_cpu_ms:.3f}",
                f"{each.sink.generator_busy:.0%}",
                f"{each.bare.generator_busy:.0%}",
                f"{each.azora.generator_busy:.0%}",
            )
            for each in loads
        ),
    )


def _start_table(start: ColdStart) -> str:
    rows = (
        ("`azora serve` to the first 200 of `/readyz`", start.ready),
        ("of it imports", start.imports),
        ("of it composition", start.composition),
    )
    return table(
        (f"{start.rounds} starts", "seconds", "CPU seconds"),
        ((title, f"{passed.seconds:.2f}", f"{passed.cpu_seconds:.2f}") for title, passed in rows),
    )


def _memory(throughput: Throughput) -> str:
    return (
        f"Resident memory of the worker: {throughput.started_megabytes:.0f} MB after its start,"
        f" {throughput.loaded_megabytes:.0f} MB after the load."
    )


def _latencies(load: Load) -> str:
    return f"{load.p50_ms:.1f} / {load.p95_ms:.1f} / {load.p99_ms:.1f}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is aligned to the right."""
    ruler = ["---", *("---:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ruler, *rows))
