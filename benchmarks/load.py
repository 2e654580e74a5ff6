"""The load generator: a process of its own that keeps connections busy for a bounded time.

It reads an order as JSON from standard input and writes what it saw as JSON. Every answer is
compared with the expected one.
"""

import asyncio
import base64
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from math import ceil
from typing import cast

import uvloop

from benchmarks.exchange import HOST

REQUESTS_MAX = 1_000_000
# To connect, and for the last answers.
EXTRA_SECONDS_MAX = 20.0
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
OK = b"HTTP/1.1 200 "


@dataclass(frozen=True, slots=True)
class Order:
    """What to send, where, from how many connections, and for how long."""

    port: int
    request_base64: str
    expected_body_base64: str
    connections: int
    seconds: float
    core: int | None
    """The core to run on; `None` leaves it to the system."""
    requests_max: int = REQUESTS_MAX
    """After so many answers nothing more is sent."""
    others_base64: Sequence[tuple[str, str]] = ()
    """Further requests with the bodies of their answers. Connections take all in turn."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back. Latencies are in milliseconds, from the request to the whole answer."""

    requests: int
    seconds: float
    cpu_seconds: float
    """Of the generator itself."""
    p50_ms: float
    p95_ms: float
    p99_ms: float


class Run:
    """One order under way. `done` has a result when every request is answered, or a failure."""

    def __init__(self, order: Order) -> None:
        pairs = [(order.request_base64, order.expected_body_base64), *order.others_base64]
        self.exchanges = cycle([tuple(map(base64.b64decode, pair)) for pair in pairs])
        self.latencies: list[float] = []
        self.open_requests = order.connections
        self.requests_max = order.requests_max
        self.is_over = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def fail(self, sentence: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(sentence))

    def end(self) -> None:
        """Send nothing more; what is under way is awaited, since its work has been begun."""
        self.is_over = True

    def close_request(self) -> None:
        self.open_requests -= 1
        if not self.open_requests and not self.done.done():
            self.done.set_result(None)


class Connection(asyncio.Protocol):
    """Sends a request, waits for its answer, and sends it again."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._request, self._expected = next(run.exchanges)
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have asyncio's methods, but not its classes.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.fail(f"the server closed a connection: {exc}")

    def send(self) -> None:
        assert self._transport is not None
        self._sent_at = time.perf_counter()
        self._transport.write(self._request)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        head_length = received.find(HEAD_END)
        if head_length < 0 or len(received) < _length(received, head_length):
            self._received = received
            return
        self._received = b""
        run = self._run
        body = received[head_length + len(HEAD_END) :]
        if not received.startswith(OK) or body != self._expected:
            run.fail(f"another answer than expected: {received[:500]!r}")
            return
        run.latencies.append(time.perf_counter() - self._sent_at)
        if run.is_over or len(run.latencies) >= run.requests_max:
            run.close_request()
        else:
            self.send()


def _length(received: bytes, head_length: int) -> int:
    """The length of the whole answer whose head is `head_length` bytes long."""
    head = received[:head_length].lower()
    value = head.partition(LENGTH)[2].partition(b"\r\n")[0]
    return head_length + len(HEAD_END) + int(value)


async def perform(order: Order) -> Seen:
    """Keep the server busy. Raises RuntimeError for a wrong answer or a lost connection."""
    run = Run(order)
    loop = asyncio.get_running_loop()
    connections: list[Connection] = []
    try:
        async with asyncio.timeout(order.seconds + EXTRA_SECONDS_MAX):
            for _ in range(order.connections):
                _, connection = await loop.create_connection(
                    lambda: Connection(run), HOST, order.port
                )
                connections.append(connection)
            cpu_started, started = time.process_time(), time.perf_counter()
            for connection in connections:
                connection.send()
            loop.call_later(order.seconds, run.end)
            await run.done
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    finally:
        for connection in connections:
            connection.close()
    return _seen(run.latencies, seconds, cpu_seconds)


def _seen(latencies: list[float], seconds: float, cpu_seconds: float) -> Seen:
    ordered = sorted(latencies)

    def percentile_ms(share: float) -> float:
        """By nearest rank: the smallest latency that this share of all do not exceed."""
        return 1000 * ordered[ceil(share * len(ordered)) - 1]

    return Seen(
        requests=len(ordered),
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        p50_ms=percentile_ms(0.50),
        p95_ms=percentile_ms(0.95),
        p99_ms=percentile_ms(0.99),
    )


def main() -> None:
    order = Order(**json.load(sys.stdin))
    if order.core is not None:
        os.sched_setaffinity(0, {order.core})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen = runner.run(perform(order))
    json.dump(asdict(seen), sys.stdout)


if __name__ == "__main__":
    main()
