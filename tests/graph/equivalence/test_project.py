"""The compiled engine answers operations on the project's schema as graphql-core does.

The corpus of the gateway's tests, for everybody who may ask, and generated queries; all of them on
a seeded world. Mutations run on two equal worlds, one after the other.
"""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
from graphql import ExecutionResult, GraphQLSchema, parse, validate

from core.clock import start_of_day, system_clock
from core.settings import StoreAddresses
from core.stores import Stores
from graph.schema import build_composition
from models.documents import DOCUMENTS as DOCUMENT_MODELS
from resolvers.context import Context, Platform
from services.auth.viewer import Viewer
from tests.emptying import empty_database
from tests.gateway.comparing import settled
from tests.gateway.conftest import cursors_in
from tests.gateway.operations import Case, cases_of, document_of
from tests.gateway.worlds import Cast, seed_twins
from tests.graph.equivalence.comparing import faults_of, told_of
from tests.graph.equivalence.executors import Execution, Request, Subject
from tests.graph.equivalence.generating import Style, request_for
from tests.graph.equivalence.judging import swept
from tests.graph.equivalence.shrinking import shrunk

DOCUMENTS = int(os.environ.get("AZORA_EQUIVALENCE_DOCUMENTS", "100"))
VIEWERS = ("anonymous", "owner", "stranger", "admin")
SESSION = UUID(int=7)
AMOUNTS = ["0", "12.5", "99999", "1e3", "-1"]
TEXTS = ["", "a", "design", "%", "no such text"]

# One worker has the world; the others need not make it too.
pytestmark = pytest.mark.xdist_group("seeded_world")


@dataclass(frozen=True)
class Seeded:
    """A seeded world, what it is asked by, and the names of what is in it."""

    subject: Subject
    platform: Platform
    cast: Cast
    names: Mapping[str, str]

    def context(self, viewer: str) -> Context:
        return self.platform.context(viewer=viewer_of(self.cast, viewer), request_id="test")


def viewer_of(cast: Cast, name: str) -> Viewer:
    """A person of the cast, signed in."""
    if name == "anonymous":
        return Viewer.ANONYMOUS
    person = cast.people[name]
    return Viewer(person.key, SESSION, frozenset(person.roles))


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_composition().schema


Seed = Callable[[], Awaitable[Seeded]]


@pytest.fixture
def seed_again(
    schema: GraphQLSchema, platform: Platform, stores: Stores, addresses: StoreAddresses
) -> Seed:
    """Empties the stores and makes the same world again."""

    async def seed() -> Seeded:
        await empty_database(stores.database)
        for document in DOCUMENT_MODELS:
            await document.get_pymongo_collection().delete_many({})
        await stores.redis.client.flushdb()
        cast = await seed_twins([addresses], start_of_day(system_clock()))
        await stores.mongo.bind(DOCUMENT_MODELS)
        seeded = Seeded(Subject(schema), platform, cast, cast.names)
        request = Request(document_of("cursors"), cast.names)
        cursors = await seeded.subject.by_reference(request, seeded.context("owner"))
        assert cursors.errors is None
        return replace(seeded, names={**cast.names, **dict(cursors_in(cursors.data or {}))})

    return seed


@pytest.fixture
async def seeded(seed_again: Seed) -> Seeded:
    return await seed_again()


async def faults(seeded: Seeded, request: Request, viewer: str) -> list[str]:
    """What is wrong with the plan's answer to a query, or nothing."""
    with swept():
        seen = await seeded.subject.by_witness(request, seeded.context(viewer))
        try:
            result = await seeded.subject.by_plan(request, seeded.context(viewer))
        except Exception as error:  # noqa: BLE001  # an executor answers with results only
            return [f"raised {error!r}, and should have answered {seen.data} {seen.errors}"]
    return faults_of(result, seen)


def valid(schema: GraphQLSchema, cases: Sequence[Case]) -> list[Case]:
    """The cases that get as far as an executor."""
    return [
        case
        for case in cases
        if case.operation != "syntax_error" and not validate(schema, parse(case.document))
    ]


async def test_reads_of_the_corpus(schema: GraphQLSchema, seeded: Seeded) -> None:
    wrong: list[str] = []
    for case in valid(schema, cases_of("reads")):
        request = Request(case.document, case.variables_in(seeded.names))
        for viewer in VIEWERS:
            found = await faults(seeded, request, viewer)
            wrong += [f"{case} as {viewer}: {fault}" for fault in found]

    assert wrong == []


async def test_writes_of_the_corpus(schema: GraphQLSchema, seed_again: Seed) -> None:
    began = system_clock()
    answers: list[dict[str, Any]] = []
    for kind in ("by_reference", "by_plan"):
        seeded = await seed_again()
        run: Execution = getattr(seeded.subject, kind)
        answers.append(
            {
                str(case): await _written(seeded, run, case, began)
                for case in valid(schema, cases_of("writes"))
            }
        )

    by_reference, by_plan = answers
    assert len(by_reference) > 10
    assert by_plan == by_reference


async def _written(seeded: Seeded, run: Execution, case: Case, began: datetime) -> Any:
    request = Request(case.document, case.variables_in(seeded.names))
    result: ExecutionResult = await run(request, seeded.context(case.viewer))
    return settled(result.data, began), told_of(result)


def style_of(names: Mapping[str, str]) -> Style:
    """Ids and texts of things that are there, and of some that are not."""
    ids = sorted(value for value in names.values() if value[3:4] == "_")
    known = [*TEXTS, names["category"], names["subject"], names["owner_handle"]]
    cursors = sorted(value for name, value in names.items() if name[-1].isdigit())

    def some(values: Sequence[Any]) -> Callable[[Random], Any]:
        return lambda rng: rng.choice(values)

    values = {
        "ID": some([*ids, *ids, "nobody"]),
        "String": some([*known, *cursors[::5]]),
        "Int": some([1, 2, 3, 3, 5, 101, -1]),
        "Float": some([0, 1.5, 5]),
        "AZR": some(AMOUNTS),
        "CountryCode": some(["ZA", "DE", "XX"]),
        "DateTime": some(["2026-01-01T00:00:00Z", "yesterday"]),
        "Date": some(["2026-01-01", "tomorrow"]),
    }
    return Style(mutation_share=0, depth_max=5, values=values)


async def test_generated_queries(seeded: Seeded) -> None:
    style = style_of(seeded.names)
    for seed in range(DOCUMENTS):
        request = request_for(seeded.subject.schema, seed, style)
        viewer = VIEWERS[seed % len(VIEWERS)]
        if await faults(seeded, request, viewer):
            pytest.fail(await _report(seeded, request, viewer))


async def _report(seeded: Seeded, request: Request, viewer: str) -> str:
    async def fails(smaller: Request) -> bool:
        return bool(await faults(seeded, smaller, viewer))

    smallest = await shrunk(seeded.subject.schema, request, fails)
    return "\n".join([f"as {viewer}", str(smallest), *await faults(seeded, smallest, viewer)])
