"""Subscriptions: any schema's queries asked anew at each event, and two ways to hear them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from random import Random
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    subscribe,
)
from structlog.testing import capture_logs

from graph.documents import OperationKind
from graph.engine import Graph, Operation
from graph.execution.executor import ScopedExecutor
from tests.graph.equivalence.executors import Request, Subject
from tests.graph.equivalence.worlds import Planted, World

EVENTS_MAX = 3
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Ran:
    """One execution, in the context that it had."""

    result: ExecutionResult
    context: Any
    event: Any = None


@dataclass
class Heard:
    """What came of a subscription."""

    events: list[Any] = field(default_factory=list)
    ending: list[Any] | None = None
    """Paths of the errors that ended or refused it; `None` if its source simply ended."""


@dataclass
class Recorder:
    """A plan that remembers what it answered, before anything is masked."""

    plan: Any
    events: list[Ran] = field(default_factory=list)

    async def execute(
        self, context: Any, variables: Mapping[str, Any], *, root_value: Any, **options: Any
    ) -> ExecutionResult:
        result = await self.plan.execute(context, variables, root_value=root_value, **options)
        self.events.append(Ran(result, context, root_value))
        return result


async def heard(subject: Subject, request: Request, context: Any) -> Heard:
    """What the whole engine makes of a subscription: `Ran`s. Documents may be of any length."""
    graph = Graph(subject.schema, timeout_seconds=PATIENCE_SECONDS, has_suggestions=True)
    recorder = Recorder(subject.planned(request))
    operation = Operation(
        OperationKind.SUBSCRIPTION,
        request.operation_name,
        request.document,
        request.variables,
        recorder,
    )
    with capture_logs():
        results = [result async for result in graph.subscribe(operation, context)]
    told = [result for result in results if result.has_data]
    assert [each.data for each in told] == [ran.result.data for ran in recorder.events]
    failures = [result for result in results if not result.has_data]
    ending = [error.get("path") for result in failures for error in result.errors or ()]
    return Heard(list(recorder.events), ending if failures else None)


async def heard_by_reference(subject: Subject, request: Request, context: Any) -> Heard:
    """What graphql-core makes of it: results."""
    stream: Any = subscribe(
        subject.schema,
        request.document,
        context_value=context,
        variable_values=dict(request.variables),
        operation_name=request.operation_name,
        executor_class=ScopedExecutor,
    )
    stream = await stream if isawaitable(stream) else stream
    if isinstance(stream, ExecutionResult):
        return Heard([], [error.path for error in stream.errors or ()])
    found = Heard()
    try:
        async for result in stream:
            found.events.append(result)
    except Exception:  # noqa: BLE001  # the stream's own failure, which has no place in a response
        found.ending = [None]
    return found


def faults_of_endings(heard_: Heard, expected: Heard) -> list[str]:
    """Another number of events, or another end."""
    found = (len(heard_.events), heard_.ending)
    wanted = (len(expected.events), expected.ending)
    return [] if found == wanted else [f"events and ending {found}, not {wanted}"]


def live(schema: GraphQLSchema) -> GraphQLSchema:
    """The schema with each field of its query as a subscription too."""
    query = schema.query_type
    assert query is not None
    fields = {
        name: GraphQLField(
            each.type, each.args, resolve=_at_each_event(each.resolve), subscribe=_begun
        )
        for name, each in query.fields.items()
    }
    subscription = GraphQLObjectType("Subscription", fields)
    return GraphQLSchema(**{**schema.to_kwargs(), "subscription": subscription})


def _at_each_event(resolve: Any) -> Callable[..., Any]:
    def resolve_event(event: Any, info: Any, **arguments: Any) -> Any:
        assert isinstance(event, int)
        return resolve(None, info, **arguments)

    return resolve_event


def _begun(_source: Any, info: Any, **_arguments: Any) -> AsyncGenerator[int, None]:
    """A source that now and then cannot be begun, or fails between two events."""
    world: World = info.context
    dice = world.dice("source")
    if dice.random() < world.trouble:
        raise Planted(info.field_name)
    return _events(world, dice)


async def _events(world: World, dice: Random) -> AsyncGenerator[int, None]:
    for number in range(dice.randint(1, EVENTS_MAX)):
        await asyncio.sleep(0)
        if dice.random() < 3 * world.trouble:
            raise Planted(str(number))
        yield number
