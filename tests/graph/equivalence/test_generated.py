"""The compiled engine answers generated operations as graphql-core does, in worlds full of trouble.

AZORA_EQUIVALENCE_DOCUMENTS says how many documents are written for each schema; the documents of
one number are always the same. A failure is shown as the smallest operation that still fails.
"""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLSchema
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis_graphql import nodes, queries

from tests.graph.equivalence.abstractions import abstractions_schema
from tests.graph.equivalence.executors import Request
from tests.graph.equivalence.generating import Style, request_for
from tests.graph.equivalence.judging import Judge, Judged, judge_of
from tests.graph.equivalence.nullability import nullability_schema
from tests.graph.equivalence.oddities import oddities_schema
from tests.graph.equivalence.workshop import workshop
from tests.graph.equivalence.worlds import World

SCHEMAS: dict[str, Callable[[], GraphQLSchema]] = {
    "nullability": nullability_schema,
    "abstractions": abstractions_schema,
    "oddities": oddities_schema,
    "workshop": lambda: workshop().schema,
}
DOCUMENTS = int(os.environ.get("AZORA_EQUIVALENCE_DOCUMENTS", "100"))
CHUNK = 50
CHUNKS = range(0, DOCUMENTS, CHUNK)
REFERENCE_DOCUMENTS = 60
PLANS, WORLDS = 15, 8
HANDED_OVER_SHARE_MAX = 0.1
"""Documents whose conditions are refused variables go to graphql-core, and few others."""
EXAMPLES = max(10, DOCUMENTS // 10)
FUSSY = st.sampled_from(["calm", "loud", "raise"]).map(nodes.String)


@pytest.fixture(scope="session", params=SCHEMAS)
def judge(request: pytest.FixtureRequest) -> Judge:
    return judge_of(SCHEMAS[request.param]())


async def require_right(judge: Judge, judged: Judged, request: Request, seed: int) -> None:
    if await judged(request, seed):
        pytest.fail(await judge.report(judged, request, seed))


@pytest.mark.parametrize("start", CHUNKS)
async def test_the_plan_answers_as_the_reference(judge: Judge, start: int) -> None:
    for seed in range(start, min(start + CHUNK, DOCUMENTS)):
        request = request_for(judge.subject.schema, seed, Style())

        await require_right(judge, partial(judge.faults, judge.subject.by_plan), request, seed)

    handed_over = judge.subject.handovers.counts.total()
    assert handed_over <= (start + CHUNK) * HANDED_OVER_SHARE_MAX


async def test_the_reference_is_judged_right(judge: Judge) -> None:
    """Otherwise the judge would be wrong: this is graphql-core against itself."""
    for seed in range(REFERENCE_DOCUMENTS):
        request = request_for(judge.subject.schema, seed, Style())

        await require_right(judge, partial(judge.faults, judge.subject.by_reference), request, seed)


# hypothesis-graphql cannot weigh the choices of the first schema, whose every field leads on.
@pytest.mark.parametrize(
    "judge", [name for name in SCHEMAS if name != "nullability"], indirect=True
)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_documents_of_others_are_answered_alike(judge: Judge, data: st.DataObject) -> None:
    scalars = {"Fussy": FUSSY} if "Fussy" in judge.subject.schema.type_map else {}
    text = data.draw(queries(judge.subject.schema, custom_scalars=scalars))
    seed = data.draw(st.integers(0, 1000))

    assert await judge.faults(judge.subject.by_plan, Request(text), seed) == []


async def test_one_plan_answers_in_many_worlds_at_once(judge: Judge) -> None:
    """What a plan learns of classes and values in one world is no harm in another."""
    for number in range(PLANS):
        request = request_for(judge.subject.schema, number, Style(bad_variable_share=0))
        planned = judge.subject.planned(request)

        async def run(asked: Request, world: World, planned: Any = planned) -> ExecutionResult:
            return await planned.execute(world, dict(asked.variables), hide_suggestions=False)

        seeds = range(number, number + WORLDS)
        found = await asyncio.gather(*(judge.faults(run, request, seed) for seed in seeds))

        assert list(found) == [[]] * WORLDS, request
