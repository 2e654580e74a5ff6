"""Samples as a round of the generator makes them, and a server that repeats one answer."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from benchmarks.exchange import HOST
from benchmarks.load import Order, Seen
from benchmarks.throughput import Sample

BODY = b'{"data":{"__typename":"Query"}}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


@pytest.fixture
def sample() -> Callable[..., Sample]:
    """One run of the generator: so many requests in so many seconds."""

    def made(requests: int = 100, seconds: float = 1.0, **others: float) -> Sample:
        server = others.pop("server_cpu_seconds", 0.5)
        latencies = {"p50_ms": 1.0, "p95_ms": 2.0, "p99_ms": 3.0, "cpu_seconds": 0.25, **others}
        return Sample(Seen(requests, seconds, **latencies), server)

    return made


@pytest.fixture
def serving() -> Callable[..., Any]:
    """Runs a server that writes these pieces for each request, or closes when there are none."""

    @asynccontextmanager
    async def served(*pieces: bytes) -> AsyncGenerator[int]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with closing(writer):
                while await reader.read(1000) and pieces:
                    for piece in pieces:
                        writer.write(piece)
                        await asyncio.sleep(0)

        server = await asyncio.start_server(answer, HOST, 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    return served


@pytest.fixture
def order() -> Callable[..., Order]:
    def made(port: int, **changes: Any) -> Order:
        request = base64.b64encode(b"POST / HTTP/1.1\r\n\r\n").decode()
        expected = base64.b64encode(BODY).decode()
        settings = {"connections": 1, "seconds": 10.0, "core": None, **changes}
        return Order(port, request, expected, **settings)

    return made
