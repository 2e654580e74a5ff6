"""The compiled engine answers the bazaar's operations, and generated ones, as graphql-core does."""

import os
from typing import Any

import pytest

from tests.graph.bazaar.composed import bazaar
from tests.graph.bazaar.corpus import CORPUS
from tests.graph.bazaar.shared import Context, World
from tests.graph.equivalence.comparing import faults_of
from tests.graph.equivalence.executors import Request, Subject
from tests.graph.equivalence.generating import Style, request_for
from tests.graph.equivalence.judging import swept
from tests.graph.equivalence.shrinking import shrunk

DOCUMENTS = int(os.environ.get("AZORA_EQUIVALENCE_DOCUMENTS", "100"))
CHUNK = 50
STYLE = Style(
    mutation_share=0.15,
    values={
        "ID": lambda rng: rng.choice(["1", "2", "7", "999", "s1", "s2", "zz"]),
        "Amount": lambda rng: rng.choice(["1.50", "-1", "7"]),
        "Int": lambda rng: rng.choice([0, 1, 2, 3]),
        "String": lambda rng: rng.choice(["user1", "?", "at once", "later"]),
    },
)
Calls = list[tuple[str, int]]
FAILURES: list[dict[str, Exception]] = [
    {},
    {"2": ValueError("two")},
    {"accounts.User": ValueError("accounts are away")},
    {"wallets.Listing": ValueError("no listings"), "wallets.User": ValueError("no users")},
]


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject(bazaar().schema)


async def faults(subject: Subject, request: Request, number: int) -> list[str]:
    """What is wrong with the plan's answer, in a bazaar where something fails, or nothing."""

    def context() -> Context:
        return Context(World(failing=FAILURES[number % len(FAILURES)], turns=1 + number % 5))

    with swept():
        seen_in, planned_in = context(), context()
        seen = await subject.by_witness(request, seen_in)
        try:
            result = await subject.by_plan(request, planned_in)
        except Exception as error:  # noqa: BLE001  # an executor answers with results only
            return [f"raised {error!r}, and should have answered {seen.data} {seen.errors}"]
    found = faults_of(result, seen)
    if not seen.errors:
        found += faults_of_batches(planned_in.world.calls, seen_in.world.calls)
    return found


def faults_of_batches(planned: Calls, seen: Calls) -> list[str]:
    """A plan asks for the same entities, in as many calls or in fewer: it knows more at once."""
    is_same = all(asked(planned, entity) == asked(seen, entity) for entity, _ in planned + seen)
    return [] if is_same and len(planned) <= len(seen) else [f"calls {planned}, not {seen}"]


def asked(calls: Calls, entity: str) -> int:
    return sum(count for name, count in calls if name == entity)


@pytest.mark.parametrize("name", CORPUS)
async def test_operations_of_the_corpus(subject: Subject, name: str) -> None:
    text, variables, expected = CORPUS[name]
    request = Request(text, variables)

    assert await faults(subject, request, 0) == []
    result = await subject.by_plan(request, Context())
    assert (result.data, result.errors) == (expected, None)


@pytest.mark.parametrize("sku", ["s1", "s404"])
@pytest.mark.parametrize("number", range(len(FAILURES)))
async def test_refused_arguments_of_entities_that_are_lost(
    subject: Subject, sku: str, number: int
) -> None:
    """A field's arguments come before its value, also where no entity would be asked for it."""
    text = "query($sku: ID!, $by: Int) { listing(sku: $sku) { fee(factor: $by) { unit } } }"

    assert await faults(subject, Request(text, {"sku": sku, "by": None}), number) == []


@pytest.mark.parametrize("start", range(0, DOCUMENTS, CHUNK))
async def test_generated_operations(subject: Subject, start: int) -> None:
    for seed in range(start, min(start + CHUNK, DOCUMENTS)):
        request = request_for(subject.schema, seed, STYLE)
        if await faults(subject, request, seed):
            pytest.fail(await _report(subject, request, seed))


async def _report(subject: Subject, request: Request, seed: int) -> str:
    async def fails(smaller: Request) -> bool:
        return bool(await faults(subject, smaller, seed))

    smallest: Any = await shrunk(subject.schema, request, fails)
    return "\n".join([f"seed {seed}", str(smallest), *await faults(subject, smallest, seed)])
