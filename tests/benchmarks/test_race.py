"""Who is asked when, and what becomes of the rounds."""

from collections import defaultdict

import pytest

from benchmarks.engine.race import Race, Runner, _turns
from benchmarks.exchange import GRAPHQL_PATH, Exchange
from benchmarks.queries import Query
from benchmarks.throughput import Load


def exchange(name):
    return Exchange(Query(name, "", "{ __typename }"), (), b"{}")


def race(samples):
    return Race(defaultdict(list, samples), [exchange("Q1")], ["Azora", "Peer"], "Peer")


class TestLoad:
    def test_is_the_median_of_the_rounds(self, sample):
        rounds = [
            sample(100, 2.0, p99_ms=9.0, server_cpu_seconds=0.1, cpu_seconds=1.0),
            sample(300, 1.0, p99_ms=3.0, server_cpu_seconds=0.9, cpu_seconds=0.6),
            sample(100, 1.0, p99_ms=6.0, server_cpu_seconds=0.2, cpu_seconds=0.2),
        ]

        load = Load.of(rounds)

        assert (load.requests_a_second, load.p99_ms, load.generator_busy) == (100, 6.0, 0.5)
        assert (load.server_cpu_ms, load.generator_cpu_ms) == pytest.approx((2.0, 2.0))


class TestRatio:
    def test_is_the_median_of_the_rounds_ratios(self, sample):
        """Not the ratio of the medians, which would be 2: what slows one round slows both."""
        samples = {
            ("Azora", "Q1"): [sample(300), sample(200), sample(50)],
            ("Peer", "Q1"): [sample(100), sample(400), sample(25)],
        }

        assert race(samples).ratio("Azora", "Q1", to="Peer") == 2.0
        assert race(samples).ratio("Peer", "Q1", to="Azora") == 0.5
        samples["Peer", "Q1"][2] = sample(500)
        assert race(samples).ratio("Azora", "Q1", to="Peer") == 0.5

    def test_is_one_of_rates(self, sample):
        samples = {("Azora", "Q1"): [sample(100, 0.5)], ("Peer", "Q1"): [sample(100, 2.0)]}

        assert race(samples).ratio("Azora", "Q1", to="Peer") == 4.0

    def test_needs_as_many_rounds_of_both(self, sample):
        samples = {("Azora", "Q1"): [sample()], ("Peer", "Q1"): [sample(), sample()]}

        with pytest.raises(ValueError, match="argument 2 is longer"):
            race(samples).ratio("Azora", "Q1", to="Peer")


class TestTurns:
    def test_ask_all_servers_one_query_before_the_next(self):
        first, second, cached = map(exchange, ("Q1", "Q2", "cached"))
        asked = [(first, GRAPHQL_PATH), (second, GRAPHQL_PATH)]
        runners = [
            Runner("Azora", None, asked),
            Runner("Peer", None, asked),
            Runner("bare", None, [(cached, cached.path)]),
        ]

        turns = [(runner.title, each.query.name, path) for runner, each, path in _turns(runners)]

        assert turns == [
            ("Azora", "Q1", GRAPHQL_PATH),
            ("Peer", "Q1", GRAPHQL_PATH),
            ("Azora", "Q2", GRAPHQL_PATH),
            ("Peer", "Q2", GRAPHQL_PATH),
            ("bare", "cached", "/cached"),
        ]
