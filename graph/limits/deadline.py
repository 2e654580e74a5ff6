"""How long an operation may take.

One timer watches all operations of a graph: one for each, as `asyncio.timeout` has it, takes a
small query a twenty-fifth of its time.
"""

import asyncio
from types import TracebackType


class Deadline:
    """Stops what takes longer than so many seconds."""

    __slots__ = ("_loop", "_timer", "_watched", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        # All have the same time, so that the first of them ends first.
        self._watched: dict[Watch, None] = {}

    def watch(self) -> "Watch":
        """Watch a `with` block of the task that runs. It raises TimeoutError when time is over."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._timer, self._watched = loop, None, {}
        watch = Watch(self._watched, loop.time() + self.seconds)
        if self._timer is None:
            self._timer = loop.call_at(watch.ends_at, self._end_those_over, loop)
        return watch

    def _end_those_over(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        while self._watched:
            first = next(iter(self._watched))
            if first.ends_at > loop.time():
                self._timer = loop.call_at(first.ends_at, self._end_those_over, loop)
                return
            first.end()


class Watch:
    """One block that is watched, from when it was asked for."""

    __slots__ = ("_cancelling", "_is_over", "_task", "_watched", "ends_at")

    def __init__(self, watched: "dict[Watch, None]", ends_at: float) -> None:
        """`ends_at` by the loop's clock."""
        self.ends_at = ends_at
        self._watched = watched
        self._is_over = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # only tasks can be cancelled
        self._task = task
        self._cancelling = task.cancelling()
        self._watched[self] = None

    def end(self) -> None:
        """Cancel what runs within the block."""
        del self._watched[self]
        self._is_over = True
        self._task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        if not self._is_over:
            del self._watched[self]
        # Somebody else may have cancelled the task as well: then it is theirs to end.
        elif self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error
