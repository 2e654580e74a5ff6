"""Runs operations on a composed schema, or on one subgraph's, and answers in the wire's form."""

from collections.abc import AsyncGenerator, AsyncIterable, Mapping, Sequence
from contextlib import aclosing
from enum import StrEnum
from inspect import isawaitable
from typing import Any, NamedTuple, Protocol, cast

import structlog
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    create_source_event_stream,
)

from core.errors import CodedError
from graph.caching.policy import CachePolicy
from graph.documents import (
    NUL_REFUSED,
    Documents,
    ExecutableOperation,
    KnownOperation,
    OperationKind,
    has_nul,
)
from graph.execution.executor import ExecutionContext, ScopedExecutor
from graph.execution.request import Executable
from graph.execution.tracing import FieldTimes
from graph.limits.cost import CostLimitExceeded
from graph.limits.deadline import Deadline
from graph.masking import BAD_USER_INPUT, formatted_error

VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
OPERATION_UNRESOLVED = "OPERATION_RESOLUTION_FAILURE"
DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"

logger = structlog.get_logger(__name__)


class RejectionStage(StrEnum):
    """How far a request came before it was refused."""

    PARSE = "parse"
    VALIDATION = "validation"
    OPERATION = "operation"


class RequestRejected(Exception):
    """The request was refused before anything ran. `errors` are ready for the client."""

    def __init__(self, stage: RejectionStage, errors: list[dict[str, Any]]) -> None:
        super().__init__(stage.value)
        self.stage = stage
        self.errors = errors


class EngineContext(ExecutionContext, Protocol):
    """The context of one operation."""

    request_id: str

    def for_event(self) -> "EngineContext":
        """A copy that has loaded nothing."""
        ...


class Operation(NamedTuple):
    """A valid operation with its variables, which are coerced when it runs."""

    kind: OperationKind
    name: str | None
    document: DocumentNode
    variables: Mapping[str, Any]
    plan: ExecutableOperation
    cache_policy: CachePolicy | None = None
    """`None` when the answer must not be cached."""
    constant: Mapping[str, Any] | None = None
    """The data, where there is nothing to run."""


class Result(NamedTuple):
    """The answer to an operation, or to one event of a subscription."""

    data: dict[str, Any] | None
    errors: list[dict[str, Any]] | None
    has_data: bool
    """False when the request itself failed: then `data` is absent on the wire."""

    def body(self) -> dict[str, Any]:
        """The response as the specification has it (section 7.1)."""
        body: dict[str, Any] = {"data": self.data} if self.has_data else {}
        if self.errors:
            body["errors"] = self.errors
        return body


class Graph:
    """One executable schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        timeout_seconds: float,
        has_suggestions: bool,
        traces_fields: bool = False,
        cost_max: int | None = None,
    ) -> None:
        self.schema = schema
        self._cost_max = cost_max
        self._deadline = Deadline(timeout_seconds)
        self._hide_suggestions = not has_suggestions
        self._traces_fields = traces_fields
        self._documents = Documents(Executable.of(schema), has_suggestions=has_suggestions)

    def prepare(
        self, query: str, *, operation_name: str | None, variables: Mapping[str, Any]
    ) -> Operation:
        """The operation to run. Raises RequestRejected for what cannot run."""
        known = self._resolved(query, operation_name)
        if variables and has_nul(variables):
            raise _rejected(RejectionStage.OPERATION, [GraphQLError(NUL_REFUSED)], BAD_USER_INPUT)
        if self._cost_max is not None:
            cost = known.cost.of(variables)
            if cost > self._cost_max:
                error = GraphQLError("", original_error=CostLimitExceeded(cost, self._cost_max))
                raise _rejected(RejectionStage.OPERATION, [error], CostLimitExceeded.code)
        planned = self._documents.planned(known)
        return Operation(
            known.kind,
            known.name,
            known.tree,
            variables,
            planned.plan,
            planned.cache_policy,
            planned.constant,
        )

    async def execute(self, operation: Operation, context: EngineContext) -> Result:
        """Run a query or a mutation. Whatever fails is in the result."""
        if operation.constant is not None:
            return Result(dict(operation.constant), None, has_data=True)
        try:
            with self._deadline.watch():
                result = await self._run(operation, context)
        except TimeoutError:
            return _failed(self._too_slow(), context)
        except Exception as error:  # noqa: BLE001  # masked and logged like a field's
            return _failed(error, context)
        return _result(result, context)

    async def subscribe(
        self, operation: Operation, context: EngineContext
    ) -> AsyncGenerator[Result, None]:
        """Run a subscription: one result an event. A failed start is one result without data."""
        try:
            stream = await self._source(operation, context)
        except Exception as error:  # noqa: BLE001  # masked and logged like a field's
            yield _failed(error, context)
            return
        if not isinstance(stream, AsyncIterable):
            # Nothing was started: by the specification that is a request error, without `data`.
            yield _result(stream, context)._replace(data=None, has_data=False)
            return
        async with aclosing(cast("AsyncGenerator[Any, None]", stream)) as events:
            try:
                async for event in events:
                    result = await self._run(operation, context.for_event(), event)
                    yield _result(result, context)
            except Exception as error:  # noqa: BLE001  # the source failed; masked and logged
                yield _failed(error, context)

    def _resolved(self, query: str, operation_name: str | None) -> KnownOperation:
        """The operation that is meant, of a valid document. Raises RequestRejected."""
        document = self._documents.read(query)
        if not document.is_parsed:
            raise _rejected(RejectionStage.PARSE, document.errors, "GRAPHQL_PARSE_FAILED")
        if document.errors:
            raise _rejected(RejectionStage.VALIDATION, document.errors, VALIDATION_FAILED)
        known = self._documents.operation(document, operation_name)
        if known is None:
            error = GraphQLError(_which_operation(operation_name))
            raise _rejected(RejectionStage.OPERATION, [error], OPERATION_UNRESOLVED)
        return known

    async def _run(
        self, operation: Operation, context: EngineContext, root_value: Any = None
    ) -> ExecutionResult:
        times = FieldTimes() if self._traces_fields else None
        try:
            result = await operation.plan.execute(
                context,
                operation.variables,
                root_value=root_value,
                hide_suggestions=self._hide_suggestions,
                times=times,
            )
        finally:
            # Loaders refer to the context that holds them: without this, only the collector would
            # find out that a request is over.
            context.scope.clear()
        if times is not None:
            times.tell(context.request_id)
        return result

    async def _source(self, operation: Operation, context: EngineContext) -> Any:
        """The events of a subscription, or the result that says why it did not start."""
        executor = ScopedExecutor.build(
            self.schema,
            operation.document,
            context_value=context,
            raw_variable_values=dict(operation.variables),
            operation_name=operation.name,
            hide_suggestions=self._hide_suggestions,
        )
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        outcome = create_source_event_stream(executor)
        return await outcome if isawaitable(outcome) else outcome

    def _too_slow(self) -> CodedError:
        message = (
            f"The operation took longer than {self._deadline.seconds:g} seconds and was stopped."
            " Ask for less at once."
        )
        return CodedError(message, code=DEADLINE_EXCEEDED)


def _which_operation(operation_name: str | None) -> str:
    if operation_name is None:
        return "The document has several operations: say which in `operationName`."
    return f"The document has no operation named '{operation_name}'."


def _rejected(stage: RejectionStage, errors: Sequence[GraphQLError], code: str) -> RequestRejected:
    return RequestRejected(
        stage, [formatted_error(error, request_id="", fallback_code=code) for error in errors]
    )


def _failed(error: Exception, context: EngineContext) -> Result:
    located = error if isinstance(error, GraphQLError) else GraphQLError("", original_error=error)
    return Result(None, [formatted_error(located, request_id=context.request_id)], has_data=False)


def _result(result: ExecutionResult, context: EngineContext) -> Result:
    errors = [
        formatted_error(error, request_id=context.request_id) for error in result.errors or ()
    ]
    # Without data and without a path, nothing ran: the variables were refused.
    has_data = result.data is not None or any("path" in error for error in errors)
    return Result(result.data, errors or None, has_data)
