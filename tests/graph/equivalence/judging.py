"""Compares what two executors make of one request in two invented worlds of one seed."""

import gc
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from graphql import GraphQLSchema, OperationType, get_operation_ast

from tests.graph.equivalence.comparing import (
    Evidence,
    faults_of,
    faults_of_calls,
    faults_of_order,
    roots_in_turn,
)
from tests.graph.equivalence.executors import Execution, Request, Subject
from tests.graph.equivalence.live import Ran, faults_of_endings, heard, heard_by_reference
from tests.graph.equivalence.shrinking import shrunk
from tests.graph.equivalence.worlds import World

TROUBLES = (0.0, 0.01, 0.03, 0.1)

Judged = Callable[[Request, int], Awaitable[list[str]]]
"""What is wrong with a request in the world of a seed."""


@dataclass(frozen=True)
class Judge:
    """Judges executions of one schema's operations."""

    subject: Subject

    async def faults(self, run: Execution, request: Request, seed: int) -> list[str]:
        """What is wrong with an execution, in the words of a report. Nothing, if it is right."""
        with swept():
            return await self._faults(run, request, seed)

    async def _faults(self, run: Execution, request: Request, seed: int) -> list[str]:
        seen_world, world = world_of(seed), world_of(seed)
        seen = await self.subject.by_witness(request, seen_world)
        await seen_world.left_running()
        try:
            result = await run(request, world)
        except Exception as error:  # noqa: BLE001  # an executor answers with results only
            return [f"raised {error!r}, and should have answered {seen.data} {seen.errors}"]
        return await _faults_of_one(request, Ran(result, world), seen, seen_world)

    async def faults_of_events(self, request: Request, seed: int) -> list[str]:
        """What is wrong with the events of a subscription, which the whole engine runs."""
        with swept():
            by_engine = await heard(self.subject, request, world_of(seed))
            by_reference = await heard_by_reference(self.subject, request, world_of(seed))
            faults = faults_of_endings(by_engine, by_reference)
            seen_world = world_of(seed)
            for ran, result in zip(by_engine.events, by_reference.events, strict=False):
                seen_event = seen_world.for_event()
                asked = replace(request, event=ran.event)
                seen = await self.subject.by_witness(asked, seen_event)
                await seen_event.left_running()
                faults += await _faults_of_one(asked, ran, seen, seen_event)
                faults += [f"by the reference: {each}" for each in faults_of(result, seen)]
        return faults

    async def report(self, judged: Judged, request: Request, seed: int) -> str:
        """The smallest request that fails, and how."""

        async def fails(smaller: Request) -> bool:
            return bool(await judged(smaller, seed))

        smallest = await shrunk(self.subject.schema, request, fails)
        faults = await judged(smallest, seed)
        return "\n".join([f"seed {seed}, trouble {world_of(seed).trouble}", str(smallest), *faults])


async def _faults_of_one(
    request: Request, ran: Ran, seen: Evidence, seen_world: World
) -> list[str]:
    world, left = ran.context, await ran.context.left_running()
    faults = faults_of(ran.result, seen)
    faults += faults_of_calls(world.calls, seen, seen_world.calls)
    if _is_serial(request):
        faults += _faults_of_turns(world, seen, seen_world)
    more, fewer = world.reads - seen_world.reads, seen_world.reads - world.reads
    if more or (fewer and not seen.lost):
        faults.append(f"methods called too often: {more}, too seldom: {fewer}")
    if not seen.lost and left:
        faults.append(f"left behind: {left}")
    return faults


@contextmanager
def swept() -> Iterator[None]:
    """Collect within the block what graphql-core abandons there after a field failed.

    Its coroutines warn when they are collected, which must not happen within another test.
    """
    gc.collect(0)
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
            gc.collect(0)
    finally:
        gc.enable()


def judge_of(schema: GraphQLSchema) -> Judge:
    return Judge(Subject(schema))


def _is_serial(request: Request) -> bool:
    operation = get_operation_ast(request.document, request.operation_name)
    return operation is not None and operation.operation is OperationType.MUTATION


def _faults_of_turns(world: World, seen: Evidence, seen_world: World) -> list[str]:
    """A mutation's root fields run one by one, each to its end, as with the witness."""
    by_call, seen_by_call = roots_in_turn(world.calls), roots_in_turn(seen_world.calls)
    by_log = faults_of_order(world.log, seen, seen_world.log)
    return [*faults_of_order(by_call, seen, seen_by_call), *by_log]


def world_of(seed: int) -> World:
    """The world of a seed. Every fourth is without trouble."""
    return World(seed, TROUBLES[seed % len(TROUBLES)])
