"""The bazaar: a small federation with every trap that we know of, and a world for each test."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import ExecutionResult

from graph.compose import Composition
from tests.graph.bazaar.composed import bazaar, run
from tests.graph.bazaar.shared import Context, World

Run = Callable[..., Awaitable[ExecutionResult]]


@pytest.fixture(scope="session")
def composition() -> Composition:
    return bazaar()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def visit(composition: Composition, world: World) -> Run:
    """Runs operations in the bazaar, in the test's world; variables are keywords."""

    async def visited(document: str, **variables: Any) -> ExecutionResult:
        return await run(composition.schema, document, Context(world), **variables)

    return visited
