"""Answers leave in one write each, over uvicorn's own protocol."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from uvicorn.server import ServerState

from web.protocol import WAITING_BYTES_MAX, HttpProtocol, JoinedTransport

REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
LAST_REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"


class Recording(asyncio.Transport):
    """A transport that keeps what was written, one item a write."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.is_closed = False

    def write(self, data) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


@pytest.fixture
async def recording() -> Recording:
    return Recording()


@pytest.fixture
async def joined(recording) -> JoinedTransport:
    return JoinedTransport(recording, asyncio.get_running_loop())


class TestJoinedTransport:
    async def test_writes_what_one_turn_of_the_loop_wrote_in_one(self, joined, recording):
        joined.write(b"head")
        joined.write(b"body")
        before = list(recording.written)
        await asyncio.sleep(0)

        assert before == []
        assert recording.written == [b"headbody"]

    async def test_writes_the_rest_before_it_closes(self, joined, recording):
        joined.write(b"head")
        joined.close()
        await asyncio.sleep(0)

        assert recording.written == [b"head"]
        assert recording.is_closed

    async def test_does_not_keep_what_is_large(self, joined, recording):
        joined.write(b"x" * WAITING_BYTES_MAX)
        joined.write(b"y")

        assert [len(each) for each in recording.written] == [WAITING_BYTES_MAX + 1]

    async def test_is_the_transport_in_everything_else(self, joined, recording):
        recording.is_closed = True

        assert joined.is_closing()


async def answer(scope, receive, send) -> None:
    """Answers with the request's path."""
    body = scope["path"].encode()
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def served(app) -> AsyncGenerator[int]:
    """The port of a server with our protocol."""
    config = uvicorn.Config(app, lifespan="off", log_level="critical")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: HttpProtocol(config, state, {}), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


class TestHttpProtocol:
    async def test_answers_pipelined_requests_in_their_order(self):
        requests = b"".join(
            b"GET /%d HTTP/1.1\r\nhost: localhost\r\n\r\n" % number for number in range(5)
        )

        async with served(answer) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(requests + LAST_REQUEST)
            received = await reader.read()
            writer.close()

        bodies = [part.partition(b"HTTP/1.1")[0] for part in received.split(b"\r\n\r\n")[1:]]
        assert bodies == [b"/0", b"/1", b"/2", b"/3", b"/4", b"/"]

    async def test_sends_the_head_with_the_body(self):
        async with served(answer) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST)
            first = await reader.read(65_536)
            writer.close()

        assert first.endswith(b"\r\n\r\n/")
