"""Each event of a subscription is answered as graphql-core answers it, by the whole engine."""

import pytest

from tests.graph.bazaar.composed import bazaar
from tests.graph.bazaar.shared import Context, World
from tests.graph.equivalence.comparing import told_of
from tests.graph.equivalence.executors import Request, Subject
from tests.graph.equivalence.generating import Style, request_for
from tests.graph.equivalence.judging import Judge, judge_of
from tests.graph.equivalence.live import faults_of_endings, heard, heard_by_reference, live
from tests.graph.equivalence.test_generated import (
    CHUNK,
    CHUNKS,
    DOCUMENTS,
    HANDED_OVER_SHARE_MAX,
    SCHEMAS,
    require_right,
)

STYLE = Style(subscription_share=1.0)
TICKS = Request("subscription { ticks(count: 3) { name wallet { owner { name } } } }")
TRANSFERS = Request(
    """subscription($more: Boolean!) { transfers { to { name balance { amount } }
         amount { amount unit } again: to @include(if: $more) { id } } }""",
    {"more": True},
)
UNBEGUN = Request("subscription($count: Int!) { ticks(count: $count) { id } }", {"count": "two"})
FAILING: list[dict[str, Exception]] = [
    {},
    {"1": ValueError("one")},
    {"accounts.User": ValueError("accounts are away")},
    {"ticks": ValueError("no more ticks")},
]


@pytest.fixture(scope="module", params=SCHEMAS)
def judge(request: pytest.FixtureRequest) -> Judge:
    return judge_of(live(SCHEMAS[request.param]()))


@pytest.mark.parametrize("start", CHUNKS)
async def test_generated_subscriptions(judge: Judge, start: int) -> None:
    for seed in range(start, min(start + CHUNK, DOCUMENTS)):
        request = request_for(judge.subject.schema, seed, STYLE)

        await require_right(judge, judge.faults_of_events, request, seed)

    handed_over = judge.subject.handovers.counts.total()
    assert handed_over <= (start + CHUNK) * HANDED_OVER_SHARE_MAX


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject(bazaar().schema)


@pytest.mark.parametrize("failing", FAILING)
@pytest.mark.parametrize("request_", [TICKS, TRANSFERS, UNBEGUN])
async def test_events_of_entities_of_other_subgraphs(
    subject: Subject, request_: Request, failing: dict[str, Exception]
) -> None:
    world, reference_world = World(failing=failing), World(failing=failing)

    ours = await heard(subject, request_, Context(world))
    theirs = await heard_by_reference(subject, request_, Context(reference_world))

    assert faults_of_endings(ours, theirs) == []
    for ran, result in zip(ours.events, theirs.events, strict=True):
        assert (ran.result.data, told_of(ran.result)) == (result.data, told_of(result))
    assert world.calls == reference_world.calls
    assert not subject.handovers.counts


async def test_each_event_loads_anew(subject: Subject) -> None:
    """The person is renamed before each event."""
    world = World()

    found = await heard(subject, TRANSFERS, Context(world))

    people = [ran.result.data["transfers"]["to"]["name"] for ran in found.events]
    assert people == ["renamed 0", "renamed 1"]
    assert world.calls.count(("accounts.User", 1)) == len(people)


async def test_a_source_that_fails_ends_after_its_events(subject: Subject) -> None:
    failing = {"ticks": ValueError("no more ticks")}

    found = await heard(subject, TICKS, Context(World(failing=failing)))

    assert (len(found.events), found.ending) == (3, [None])
