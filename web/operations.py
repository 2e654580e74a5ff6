"""The operations in flight on one WebSocket: tasks, bounded in number, cancelled on demand.

An event is asked of its source only after the one before was sent, so a slow reader slows its own
stream down and nothing is queued for it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import structlog
from starlette.websockets import WebSocketDisconnect
from structlog.contextvars import bind_contextvars

from graph.documents import OperationKind
from graph.engine import Operation, RequestRejected, Result
from resolvers.context import Context
from services.auth.viewer import Viewer
from web.access_log import note_operation
from web.messages import DUPLICATE_ID, SocketClosing, Subscribe
from web.parameters import Parameters, PersistedQueryUnsupported
from web.refusals import error_entry
from web.runtime import Runtime

Errors = list[dict[str, Any]]
SendMessage = Callable[[dict[str, Any]], Awaitable[None]]

logger = structlog.get_logger(__name__)


class Operations:
    """Starts and stops operations by the ids that the client gives them."""

    def __init__(
        self, runtime: Runtime, send: SendMessage, *, operations_max: int, socket_id: str
    ) -> None:
        self._runtime = runtime
        self._send = send
        self._operations_max = operations_max
        self._socket_id = socket_id
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._running_count = 0
        self._started_count = 0

    async def start(self, message: Subscribe, viewer: Viewer, *, within: asyncio.TaskGroup) -> None:
        """Run an operation in `within`, or answer why not.

        Raises SocketClosing (4409) when one with this id is running.
        """
        if message.id in self._tasks:
            raise SocketClosing(DUPLICATE_ID, f"Subscriber for {message.id} already exists")
        if isinstance(message.parameters, PersistedQueryUnsupported):
            refusal = message.parameters
            await self._finish(message.id, [error_entry(refusal.code, refusal.message)])
            return
        if self._running_count >= self._operations_max:
            text = f"At most {self._operations_max} operations run at once on one socket."
            await self._finish(message.id, [error_entry("RATE_LIMITED", text)])
            return
        self._running_count += 1
        self._started_count += 1
        request_id = f"{self._socket_id}.{self._started_count}"
        run = self._run(message.id, message.parameters, viewer, request_id)
        self._tasks[message.id] = within.create_task(run)

    def stop(self, operation_id: str) -> None:
        """Cancel an operation and send nothing more of it. Ids that have ended are ignored."""
        task = self._tasks.pop(operation_id, None)
        if task is not None:
            task.cancel()

    async def _run(
        self, operation_id: str, parameters: Parameters, viewer: Viewer, request_id: str
    ) -> None:
        bind_contextvars(requestId=request_id)
        started = time.perf_counter()
        try:
            errors = await self._perform(operation_id, parameters, viewer, request_id)
            if self._tasks.get(operation_id) is asyncio.current_task():
                # Before the last message: who has read it may use the id again.
                del self._tasks[operation_id]
                await self._finish(operation_id, errors)
        finally:
            self._running_count -= 1
            latency = round((time.perf_counter() - started) * 1000, 2)
            logger.info("websocket_operation", latency=latency)

    async def _perform(
        self, operation_id: str, parameters: Parameters, viewer: Viewer, request_id: str
    ) -> Errors | None:
        """Send the results. Returns the errors of an operation that has none."""
        try:
            operation = self._runtime.graph.prepare(
                parameters.query,
                operation_name=parameters.operation_name,
                variables=parameters.variables,
            )
            note_operation(operation.name)
            context = self._runtime.platform.context(
                viewer=viewer, request_id=request_id, refresh_cookie=None
            )
            async with aclosing(self._results(operation, context)) as results:
                async for result in results:
                    if not result.has_data:
                        return result.errors
                    payload = result.body()
                    await self._send({"id": operation_id, "type": "next", "payload": payload})
                    # A source that is never empty must not keep the loop to itself.
                    await asyncio.sleep(0)
        except RequestRejected as rejection:
            return rejection.errors
        except WebSocketDisconnect:
            raise
        except Exception:
            logger.exception("operation_failed")
            text = f"Something went wrong on our side. Tell us this request id: {request_id}"
            return [error_entry("INTERNAL_SERVER_ERROR", text, requestId=request_id)]
        return None

    async def _results(
        self, operation: Operation, context: Context
    ) -> AsyncGenerator[Result, None]:
        graph = self._runtime.graph
        if operation.kind is not OperationKind.SUBSCRIPTION:
            yield await graph.execute(operation, context)
            return
        async with aclosing(graph.subscribe(operation, context)) as events:
            async for event in events:
                yield event

    async def _finish(self, operation_id: str, errors: Errors | None) -> None:
        """The last message of an operation: `error` ends it as `complete` does."""
        if errors is None:
            await self._send({"id": operation_id, "type": "complete"})
        else:
            await self._send({"id": operation_id, "type": "error", "payload": errors})
