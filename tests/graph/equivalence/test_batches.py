"""Batches that go wrong are answered alike, in every way in which they can."""

import pytest

from tests.graph.equivalence.batches import HIDDEN
from tests.graph.equivalence.comparing import told_of
from tests.graph.equivalence.executors import Request
from tests.graph.equivalence.judging import Judge, judge_of, world_of
from tests.graph.equivalence.workshop import workshop

REQUEST = Request(
    """{ tools { rating secret wear by: wear(by: 3) badges rivals { nodes totalCount } }
         offers { badges rating rivals(first: 1) { nodes } } refused: tool {
           rivals(first: -1) { nodes } } }"""
)
SEEDS = range(120)
WAYS = {
    "for all": "ratings",
    "for all, without a loader": "wear(3)",
    "in the wrong number": "a batch of some keys was answered with some values",
    "in the wrong number, without a loader": "wear answered some parents with some values",
    "for one": "planted at badges of t1",
    "for one page": "no rivals of t1",
    "with nothing where something must be": "Cannot return null for non-nullable field Tool.wear.",
    "with another kind of value": "String cannot represent value: []",
    "when it is shown": HIDDEN,
    "for strangers": "Only its owner and admins may see `secret`.",
    "for a page of no size": "`first` must be from 0 to 100.",
}


@pytest.fixture(scope="module")
def judge() -> Judge:
    return judge_of(workshop().schema)


async def test_batches_that_go_wrong_are_answered_alike(judge: Judge) -> None:
    met: set[str] = set()
    for seed in SEEDS:
        assert await judge.faults(judge.subject.by_plan, REQUEST, seed) == []
        result = await judge.subject.by_plan(REQUEST, world_of(seed))
        met |= {message for _, message, _, _ in told_of(result)}

    assert {way for way, message in WAYS.items() if message not in met} == set()
