"""Batches loads of single keys into one fetch.

Every waiter has its own future: graphql-core 3.3 cancels the siblings of a failed non-null field,
and a future shared between waiters would take unrelated fields down with it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from types import NoneType
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Fetch = Callable[[list[Key]], Awaitable[Sequence[Value | Exception] | Sequence[Value]]]
Recall = Callable[[Sequence[Key]], Sequence[Value | None]]

KEYS_MAX_A_BATCH = 1000
# Loads of one level may arrive over a few turns of the loop; a batch waits for the last of them.
TURNS_MAX = 8


def is_absent(python_class: type) -> bool:
    """Whether it is the class of what stands in a batch for a value that is not there."""
    return python_class is NoneType or issubclass(python_class, Exception)


class BatchLoader(Generic[Key, Value]):
    """Loads values by key, each key at most once, for the length of one execution.

    `fetch` receives at most 1000 distinct keys and answers in their order; an exception in place
    of a value fails that key alone. An exception raised by `fetch` fails the whole batch.
    """

    __slots__ = ("_done", "_fetch", "_loop", "_queue", "_recall", "_tasks", "_waiting")

    def __init__(self, fetch: Fetch[Key, Value], recall: Recall[Key, Value] | None = None) -> None:
        """`recall` answers at once for those keys that need no fetch, and `None` for others."""
        self._fetch = fetch
        self._recall = recall
        self._loop = asyncio.get_running_loop()
        self._done: dict[Key, Value | Exception] = {}
        self._waiting: dict[Key, list[asyncio.Future[Value] | _Countdown]] = {}
        self._queue: list[Key] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def load(self, key: Key) -> asyncio.Future[Value]:
        """The value for `key`, in a future of the caller's own."""
        future = self._loop.create_future()
        if key not in self._done and self._recall is not None:
            self._unknown((key,), self._recall)
        if key in self._done:
            _settle(future, self._done[key])
        elif (waiters := self._waiting.get(key)) is not None:
            waiters.append(future)
        else:
            self._waiting[key] = [future]
            self._queue.append(key)
            if len(self._queue) == 1:
                self._loop.call_soon(self._dispatch_when_quiet, 0, TURNS_MAX)
        return future

    async def load_all(self, keys: Sequence[Key]) -> list[Value | Exception]:
        """A value for each of `keys`, in their order, or the exception in its place.

        Cheaper than a future for each key, for those who wait for all of them anyway.
        """
        missing = self._missing(keys)
        if missing:
            await self._load(dict.fromkeys(missing))
        return list(map(self._done.__getitem__, keys))

    def known(self, keys: Sequence[Key]) -> list[Value | Exception] | None:
        """The same at once, where none of `keys` needs a fetch; else `None`."""
        return None if self._missing(keys) else list(map(self._done.__getitem__, keys))

    def _missing(self, keys: Sequence[Key]) -> Sequence[Key]:
        """Those of `keys` that must be fetched."""
        done = self._done
        missing = [key for key in keys if key not in done] if done else keys
        return missing if self._recall is None else self._unknown(missing, self._recall)

    def _unknown(self, keys: Sequence[Key], recall: Recall[Key, Value]) -> Sequence[Key]:
        """Those of `keys` that `recall` does not know; the others are done."""
        found = recall(keys)
        pairs = zip(keys, found, strict=True)
        if None not in found:
            self._done.update(pairs)  # pyright: ignore[reportCallIssue, reportArgumentType]  # none of them is `None`
            return ()
        known = {key: value for key, value in pairs if value is not None}
        self._done.update(known)
        return [key for key in keys if key not in known]

    async def _load(self, missing: Iterable[Key]) -> None:
        """Wait until all of `missing` are done."""
        countdown = _Countdown(self._loop.create_future())
        waiting, was_quiet = self._waiting, not self._queue
        for key in missing:
            countdown.remaining += 1
            if (waiters := waiting.get(key)) is not None:
                waiters.append(countdown)
            else:
                waiting[key] = [countdown]
                self._queue.append(key)
        if was_quiet and self._queue:
            self._loop.call_soon(self._dispatch_when_quiet, 0, TURNS_MAX)
        await countdown.future

    async def load_many(self, keys: Sequence[Key]) -> list[Value]:
        """The values for `keys`, in their order. Raises the first that failed."""
        values: list[Value] = []
        for value in await self.load_all(keys):
            if isinstance(value, Exception):
                raise value
            values.append(value)
        return values

    def finished(self, key: Key) -> bool:
        """Whether `value_of` can answer for `key` at once."""
        return key in self._done

    def value_of(self, key: Key) -> Value | Exception:
        """What was loaded for a finished key."""
        return self._done[key]

    def stop(self) -> None:
        """Cancel what is being fetched or is about to be, and whoever still waits for it."""
        self._queue.clear()
        for task in self._tasks:
            task.cancel()
        self._abandon(list(self._waiting))

    def _dispatch_when_quiet(self, length: int, turns_left: int) -> None:
        """Start the batch if nothing was added to it in the last turn of the loop."""
        if turns_left and len(self._queue) != length:
            self._loop.call_soon(self._dispatch_when_quiet, len(self._queue), turns_left - 1)
            return
        queue, self._queue = self._queue, []
        for start in range(0, len(queue), KEYS_MAX_A_BATCH):
            task = self._loop.create_task(self._run(queue[start : start + KEYS_MAX_A_BATCH]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, batch: list[Key]) -> None:
        results: Sequence[Value | Exception] | Sequence[Value]
        try:
            results = await self._fetch(batch)
            if len(results) != len(batch):
                message = f"a batch of {len(batch)} keys was answered with {len(results)} values"
                raise RuntimeError(message)
        except Exception as error:  # noqa: BLE001  # handed to every waiter, who raises it
            results = [error] * len(batch)
        except asyncio.CancelledError:
            self._abandon(batch)
            raise
        for key, result in zip(batch, results, strict=True):
            self._done[key] = result
            for waiter in self._waiting.pop(key, ()):
                if isinstance(waiter, _Countdown):
                    waiter.count()
                else:
                    _settle(waiter, result)

    def _abandon(self, keys: list[Key]) -> None:
        for key in keys:
            for waiter in self._waiting.pop(key, ()):
                future = waiter.future if isinstance(waiter, _Countdown) else waiter
                future.cancel()


class _Countdown:
    """Waits for several keys with one future."""

    __slots__ = ("future", "remaining")

    def __init__(self, future: asyncio.Future[None]) -> None:
        self.future = future
        self.remaining = 0

    def count(self) -> None:
        """Another key is there, or has failed."""
        self.remaining -= 1
        if not self.remaining and not self.future.done():
            self.future.set_result(None)


def _settle(future: asyncio.Future[Value], result: Value | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
