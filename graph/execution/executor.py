"""graphql-core's executor, with loaders that end with the execution that they belong to."""

import asyncio
from collections.abc import Awaitable
from inspect import isawaitable
from typing import Any, Protocol

from graphql import Executor
from graphql.execution.executor_throwing_on_incremental import ExecutorThrowingOnIncremental

from core.loader import BatchLoader


class ExecutionContext(Protocol):
    """What the graph needs of a context; everything else is between web and resolvers."""

    scope: dict[Any, BatchLoader[Any, Any]]
    """Loaders and what they have loaded, for the length of one execution."""

    def renew(self) -> None:
        """Forget what was loaded. Called before each mutation root field."""
        ...

    def for_event(self) -> "ExecutionContext":
        """A copy that has loaded nothing, for one subscription event."""
        ...


class ScopedExecutor(ExecutorThrowingOnIncremental):
    """Executes operations whose loads are shared by one execution and by nothing else.

    A WebSocket carries many operations and a subscription many events; loaders kept longer would
    answer with old data. An execution that is cancelled stops what it was loading.
    """

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        executor = super().build_per_event_executor(payload)
        executor.context_value = self.context_value.for_event()
        return executor

    def execute_operation(self, serially: bool | None = None) -> Any:
        outcome = super().execute_operation(serially)
        return self._stopped_with(outcome) if isawaitable(outcome) else outcome

    async def _stopped_with(self, outcome: Awaitable[Any]) -> Any:
        try:
            return await outcome
        except asyncio.CancelledError:
            stop_loads(self.context_value)
            raise


def stop_loads(context: ExecutionContext) -> None:
    """Stop what an execution was loading when it was cancelled."""
    for loader in context.scope.values():
        loader.stop()
