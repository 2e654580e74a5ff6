"""Runs one operation in several ways: with a witness, with graphql-core, and compiled."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLSchema,
    execute,
    get_operation_ast,
    parse,
)

from graph.execution import request as planning
from graph.execution.compiled import executable_operation
from graph.execution.executor import ScopedExecutor
from graph.execution.reference import Handovers
from tests.graph.equivalence.comparing import Evidence, Witness, evidence_of
from tests.graph.equivalence.worlds import SETTLING_TURNS


@dataclass(frozen=True)
class Request:
    """An operation, as a client asks for it."""

    text: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    event: Any = None
    """Of a subscription: what its source told."""

    @property
    def document(self) -> DocumentNode:
        return parse(self.text)

    def __str__(self) -> str:
        return f"{self.text}\nvariables: {self.variables!r}, operation: {self.operation_name}"


Execution = Callable[[Request, Any], Awaitable[ExecutionResult]]
"""Runs a request in a context."""


@dataclass(frozen=True)
class Subject:
    """A schema whose operations are run in several ways."""

    schema: GraphQLSchema
    handovers: Handovers = field(default_factory=Handovers)
    """What no plan fitted: there graphql-core would be compared with itself."""

    async def by_reference(self, request: Request, context: Any) -> ExecutionResult:
        """graphql-core's result."""
        return await self.executed(request, context, ScopedExecutor)

    async def by_witness(self, request: Request, context: Any) -> Evidence:
        """Everything that the operation can answer."""
        witnesses: list[Witness] = []

        class Kept(Witness):
            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options)
                witnesses.append(self)

        result = await self.executed(request, context, Kept)
        for _ in range(SETTLING_TURNS):
            await asyncio.sleep(0)
        return evidence_of(witnesses[0] if witnesses else None, result)

    async def by_plan(self, request: Request, context: Any) -> ExecutionResult:
        """The compiled engine's result."""
        planned = self.planned(request)
        return await planned.execute(context, dict(request.variables), hide_suggestions=False)

    def planned(self, request: Request) -> Any:
        """The compiled operation, or graphql-core's where no plan fits."""
        document = request.document
        operation = get_operation_ast(document, request.operation_name)
        assert operation is not None
        executable = planning.Executable.of(self.schema)
        return executable_operation(
            planning.Request(executable, document, operation, self.handovers)
        )

    async def executed(self, request: Request, context: Any, kind: Any) -> ExecutionResult:
        """The result of graphql-core with an executor of this kind."""
        outcome = execute(
            self.schema,
            request.document,
            root_value=request.event,
            context_value=context,
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
            executor_class=kind,
        )
        return await outcome if isawaitable(outcome) else outcome
