"""A worker answers as many requests as were wanted before its memory is read, of each query."""

import sys

import pytest

from benchmarks.engine.memory import _ask
from benchmarks.engine.plan import SMOKE
from benchmarks.exchange import Exchange, Repetition
from benchmarks.processes import free_port, server_process
from benchmarks.queries import queries
from benchmarks.throughput import order_of


@pytest.fixture
def exchanges():
    return [Exchange(query, (("content-length", "2"),), b"{}") for query in queries("svc_1")]


@pytest.fixture
def server(exchanges, tmp_path):
    port = free_port()
    with server_process(
        [sys.executable, "-m", "benchmarks.sink"],
        port=port,
        ready_path=exchanges[0].path,
        log=tmp_path / "sink.log",
        standard_input=Repetition.of(exchanges, {"port": port}).text(),
    ) as process:
        yield process


def test_as_many_requests_are_answered_as_were_wanted(server, exchanges, monkeypatch):
    monkeypatch.setattr("benchmarks.engine.memory.TURN_REQUESTS_MAX", 15)
    orders = [order_of(each, each.path, server.port, SMOKE, None) for each in exchanges]

    answered = _ask(server, orders, 100)

    turns_max = 8
    assert 100 <= answered < 100 + turns_max * SMOKE.connections
