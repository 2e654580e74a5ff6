"""What is printed of the figures, and when a goal counts as reached."""

from collections import defaultdict

import pytest

import benchmarks.report
from benchmarks.composition import Case, Comparison, _comparison
from benchmarks.engine.documents import CACHED
from benchmarks.engine.memory import Memory
from benchmarks.engine.peers import APOLLO, PEERS
from benchmarks.engine.race import AZORA, BARE, CACHING, Race
from benchmarks.engine.report import Measurements, _at_least, _at_most, _goals, memory_table
from benchmarks.exchange import Exchange
from benchmarks.queries import queries
from benchmarks.report import table, write

NAMES = ("Q1", "Q2", "Q3", "Q4")


def compared(ratio, *, is_own):
    return Comparison(Case("", "", None, is_own=is_own), True, 1.0, ratio, ratio, ratio)


@pytest.fixture
def found(sample, monkeypatch):
    """Azora answers 400 a second, Apollo 100, others 200; one p99 is far out."""
    monkeypatch.setattr("benchmarks.engine.peers._node_version", lambda _package: "1")
    samples = defaultdict(list)
    titles = [AZORA, *(peer.title for peer in PEERS)]
    rates = {AZORA: 400, APOLLO.title: 100}
    for title in titles:
        for name in NAMES:
            samples[title, name] = [sample(rates.get(title, 200), p50_ms=2.0, p99_ms=4.0)]
    samples[AZORA, "Q3"] = [sample(400, p50_ms=2.0, p99_ms=7.0)]
    samples[CACHING, CACHED.name] = [sample(300, p50_ms=1.0, p99_ms=2.0)]
    samples[BARE, CACHED.name] = [sample(1000)]
    race = Race(
        samples, [Exchange(query, (), b"") for query in queries("svc_1")], titles, APOLLO.title
    )
    comparisons = [
        compared(1.01, is_own=True),
        compared(1.06, is_own=True),
        compared(0.8, is_own=False),
    ]
    return Measurements(
        *("facts", None, None, "seeding", race, comparisons),
        memory=Memory(10, 100.0, 1000, 109.0),
        caching_memory=Memory(10, 100.0, 1000, 112.0),
        connections=32,
    )


class TestGoals:
    def test_are_held_against_what_was_found(self, found):
        goals = {title: (figure, verdict) for title, _, figure, verdict in _goals(found)}

        assert goals[f"Q1 to {APOLLO.title}"] == ("4.000", "reached")
        assert goals["Q4 to Mercurius 1 with its JIT"] == ("2.000", "reached")
        assert goals["composed to plain, own fields, largest"] == ("1.060", "missed")
        assert goals["composed to a DataLoader monolith, three foreign fields"] == (
            *("0.800", "reached"),
        )
        assert goals["cached public document to a bare handler"] == ("0.300", "missed")
        assert goals["p99 to p50, largest"] == ("3.500", "missed")

    def test_of_memory_compare_late_with_early(self, found):
        lines = memory_table(found.memory, found.caching_memory).splitlines()[2:]

        assert [line.rsplit(" | ", 2)[1:] for line in lines] == [
            ["1.090", "reached |"],
            ["1.120", "missed |"],
        ]

    @pytest.mark.parametrize(
        ("judge", "figure", "verdict"),
        [
            (_at_least, 2.0, "reached"),
            (_at_least, 1.9996, "missed"),
            (_at_most, 2.0, "reached"),
            (_at_most, 2.0004, "missed"),
        ],
    )
    def test_are_reached_or_missed(self, judge, figure, verdict):
        assert judge("", 2.0, figure)[-1] == verdict


class TestComparison:
    def test_is_the_median_of_the_pairs_ratios(self):
        pairs = [(1.0, 2.0), (4.0, 4.0), (2.0, 6.0)]

        found = _comparison(Case("", "", None), pairs, is_prepared=False)

        assert (found.plain_ms, found.composed_ms) == (2000.0, 4000.0)
        assert (found.ratio_median, found.ratio_min) == (2.0, 2.0)


class TestWrite:
    def test_replaces_what_stands_between_its_markers(self, tmp_path, monkeypatch):
        readme = tmp_path / "README.md"
        kept = "<!-- other: begin -->\n\nkept\n\n<!-- other: end -->\n"
        readme.write_text(f"a\n<!-- one: begin -->\n\nold\n\n<!-- one: end -->\nb\n{kept}")
        monkeypatch.setattr(benchmarks.report, "README", readme)

        write("new", name="one")

        new = "a\n<!-- one: begin -->\n\nnew\n\n<!-- one: end -->\nb\n"
        assert readme.read_text() == new + kept


def test_tables_have_a_line_for_each_row():
    assert table(("a", "b"), [("1", "2"), ("3", "4")]).splitlines() == [
        "| a | b |",
        "| --- | ---: |",
        "| 1 | 2 |",
        "| 3 | 4 |",
    ]
