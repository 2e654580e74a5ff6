"""CPU time of one operation on the composed schema and on a plain one, in turn.

Both are executed by the same engine, with the same resolvers, on the same databases.
"""

import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from statistics import median
from typing import Any
from unittest.mock import patch

from graphql import GraphQLSchema

from benchmarks.plain import plain_schema, plain_schema_across
from graph.engine import Graph
from graph.schema import build_composition
from resolvers.context import Platform
from services.auth.viewer import Viewer
from subgraphs.learning.schema import LEARNING
from subgraphs.marketplace.schema import MARKETPLACE
from subgraphs.users.schema import USERS

OPERATION_SECONDS_MAX = 30.0


class DifferentAnswers(Exception):
    """The two schemas do not answer alike, so comparing their times says nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One query, which both schemas answer alike."""

    title: str
    query: str
    plain: GraphQLSchema
    read: str | None = None
    """The read behind the root field, as `module:function`, where it can be prepared."""
    is_own: bool = True
    """Whether every field is the subgraph's own; else the query crosses into another."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """CPU milliseconds of one operation, and the ratio of composed to plain."""

    case: Case
    is_prepared: bool
    plain_ms: float
    composed_ms: float
    ratio_median: float
    """The median of each round's ratio."""
    ratio_min: float
    """The ratio of the two shortest times."""


def cases() -> tuple[Case, ...]:
    """Own fields first; the last case crosses from one subgraph into another."""
    marketplace = plain_schema(MARKETPLACE)
    return (
        Case(
            "100 services, 8 own fields",
            "{ services(first: 100) { nodes { id name category description priceAzr isActive"
            " reviewCount averageRating } } }",
            marketplace,
            "subgraphs.marketplace.catalogue:services_page",
        ),
        Case(
            "100 courses, 8 own fields",
            "{ courses(first: 100) { nodes { id title description subject level language"
            " isPublished createdAt } } }",
            plain_schema(LEARNING),
            "subgraphs.learning.schema:courses_page",
        ),
        Case(
            "100 users, 7 own fields",
            "{ users(first: 100) { nodes { id handle fullName countryCode language roles"
            " createdAt } } }",
            plain_schema(USERS),
            "subgraphs.users.schema:users_page",
        ),
        Case(
            "20 services, 3 reviews each",
            "{ services(first: 20, sort: NAME) { nodes { id name reviews(first: 3)"
            " { nodes { id rating comment createdAt } } } } }",
            marketplace,
        ),
        Case(
            "100 services, three fields of the provider, across subgraphs",
            "{ services(first: 100) { nodes { name provider { handle fullName countryCode } } } }",
            plain_schema_across(),
            is_own=False,
        ),
    )


async def compare(platform: Platform, *, rounds: int) -> list[Comparison]:
    """Every case on the databases, and where it can be with prepared rows.

    Raises DifferentAnswers when the schemas disagree.
    """
    composed = _graph(build_composition().schema)
    found: list[Comparison] = []
    for case in cases():
        plain = _graph(case.plain)
        for is_prepared in (False, True) if case.read is not None else (False,):
            with _prepared(case.read) if is_prepared else nullcontext():
                pairs = await _pairs(platform, case.query, plain, composed, rounds=rounds)
            found.append(_comparison(case, pairs, is_prepared=is_prepared))
    return found


def _graph(schema: GraphQLSchema) -> Graph:
    return Graph(schema, timeout_seconds=OPERATION_SECONDS_MAX, has_suggestions=False)


@contextmanager
def _prepared(read: str | None) -> Generator[None]:
    """Let a read answer each time what it answered the first time."""
    module_name, _, name = str(read).partition(":")
    module = import_module(module_name)
    with patch.object(module, name, _remembering(getattr(module, name))):
        yield


def _remembering(read: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    kept: list[Any] = []

    async def answer(*arguments: Any) -> Any:
        if not kept:
            kept.append(await read(*arguments))
        return kept[0]

    return answer


async def _pairs(
    platform: Platform, query: str, plain: Graph, composed: Graph, *, rounds: int
) -> Sequence[tuple[float, float]]:
    """The times on the plain and on the composed schema, a pair for each round."""
    expected = await _timed(platform, plain, query)
    answered = await _timed(platform, composed, query)
    if expected[1] != answered[1]:
        raise DifferentAnswers(query)
    pairs: list[tuple[float, float]] = []
    for number in range(rounds):
        # Who goes first changes, so that neither always meets what the other left behind.
        if number % 2:
            first, _ = await _timed(platform, plain, query)
            second, _ = await _timed(platform, composed, query)
        else:
            second, _ = await _timed(platform, composed, query)
            first, _ = await _timed(platform, plain, query)
        pairs.append((first, second))
    return pairs


async def _timed(platform: Platform, graph: Graph, query: str) -> tuple[float, Any]:
    """CPU seconds of one operation from its text to its data, and the data."""
    context = platform.context(viewer=Viewer.ANONYMOUS, request_id="benchmark")
    started = time.process_time()
    operation = graph.prepare(query, operation_name=None, variables={})
    result = await graph.execute(operation, context)
    seconds = time.process_time() - started
    if result.errors:
        message = f"{query} was answered with {result.errors}"
        raise DifferentAnswers(message)
    return seconds, result.data


def _comparison(
    case: Case, pairs: Sequence[tuple[float, float]], *, is_prepared: bool
) -> Comparison:
    plain, composed = zip(*pairs, strict=True)
    return Comparison(
        case=case,
        is_prepared=is_prepared,
        plain_ms=1000 * median(plain),
        composed_ms=1000 * median(composed),
        ratio_median=median(second / first for first, second in pairs),
        ratio_min=min(composed) / min(plain),
    )
