"""graphql-core's executor as a whole: the reference, and for what has no plan."""

from collections import Counter
from collections.abc import Mapping
from inspect import isawaitable
from typing import Any

import structlog
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
)

from graph.execution.executor import ScopedExecutor
from graph.execution.tracing import FieldTimes

logger = structlog.get_logger(__name__)


class Handovers:
    """Counts what the compiled engine hands to graphql-core, by reason, and tells the log."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, reason: str) -> None:
        """Note one operation that is planned by nobody, or one request that no plan fits."""
        self.counts[reason] += 1
        logger.warning("handed_to_graphql_core", reason=reason, times=self.counts[reason])


class ReferenceOperation:
    """Executes one operation without a plan."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        self._schema = schema
        self._document = document
        self._name = operation.name.value if operation.name is not None else None

    async def execute(
        self,
        context: Any,
        variables: Mapping[str, Any],
        *,
        root_value: Any = None,
        hide_suggestions: bool = True,
        times: FieldTimes | None = None,
    ) -> ExecutionResult:
        """Data and errors. Raises what is no field's failure. Without a plan nothing is timed."""
        del times
        outcome = execute(
            self._schema,
            self._document,
            root_value=root_value,
            context_value=context,
            variable_values=dict(variables),
            operation_name=self._name,
            executor_class=ScopedExecutor,
            hide_suggestions=hide_suggestions,
        )
        return await outcome if isawaitable(outcome) else outcome
