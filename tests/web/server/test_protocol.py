"""Answers leave in one write each, over uvicorn's own protocol."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from web.server.protocol import HttpProtocol
from web.server.transport import WAITING_BYTES_MAX, JoinedTransport, Turn

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
    return JoinedTransport(recording, Turn(asyncio.get_running_loop()))


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


class TestTurn:
    async def test_ends_once_for_all(self, recording):
        turn = Turn(asyncio.get_running_loop())
        for each in (b"a", b"b", b"c"):
            JoinedTransport(recording, turn).write(each)
        before = list(recording.written)
        await asyncio.sleep(0)

        assert before == []
        assert recording.written == [b"a", b"b", b"c"]


async def answer(scope, receive, send) -> None:
    """Answers with the request's path."""
    body = scope["path"].encode()
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def answering(*messages):
    """Sends these messages, whatever was asked."""

    async def app(scope, receive, send) -> None:
        for message in messages:
            await send(message)

    return app


def start(*headers, status=200):
    return {"type": "http.response.start", "status": status, "headers": headers}


def body(content=b"", **more):
    return {"type": "http.response.body", "body": content, **more}


LENGTH_2 = (b"content-length", b"2")
# By what is unusual about them.
ANSWERS = {
    "nothing": [start(LENGTH_2), body(b"ab")],
    "no headers": [{"type": "http.response.start", "status": 200}, body(b"ab")],
    "no body": [start((b"content-length", b"0"), status=404), {"type": "http.response.body"}],
    "no content": [start(status=204), body()],
    "in parts": [start(LENGTH_2), body(b"a", more_body=True), body(b"b")],
    "in chunks": [start(), body(b"a", more_body=True), body(b"b")],
    "chunks announced": [start((b"transfer-encoding", b"chunked")), body(b"ab")],
    "the end of the connection": [start(LENGTH_2, (b"connection", b"close")), body(b"ab")],
    "more than announced": [start(LENGTH_2), body(b"abc")],
    "less than announced": [start(LENGTH_2), body(b"a")],
    "two lines in a header": [start(LENGTH_2, (b"x-a", b"a\r\nx-b: b")), body(b"ab")],
    "a second head": [start(LENGTH_2), start(LENGTH_2), body(b"ab")],
    "a second body": [start(LENGTH_2), body(b"ab"), body(b"cd")],
    "a body first": [body(b"ab")],
}


async def received(app, *requests, protocol=HttpProtocol) -> bytes:
    """All that comes back for the requests, the last of which ends the connection."""
    async with served(app, protocol) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"".join(requests))
        async with asyncio.timeout(10):
            found = await reader.read()
        writer.close()
        await writer.wait_closed()
        return found


@asynccontextmanager
async def served(app, protocol=HttpProtocol, **options) -> AsyncGenerator[int]:
    """The port of a server with our protocol, or with another."""
    config = uvicorn.Config(app, lifespan="off", log_level="critical", **options)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: protocol(config, state, {}), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]
        for connection in list(state.connections):
            connection.transport.close()
        async with asyncio.timeout(10):
            while state.connections:  # noqa: ASYNC110  # nobody signals it
                await asyncio.sleep(0)


class TestHttpProtocol:
    async def test_answers_pipelined_requests_in_their_order(self):
        requests = b"".join(
            b"GET /%d HTTP/1.1\r\nhost: localhost\r\n\r\n" % number for number in range(5)
        )

        found = await received(answer, requests, LAST_REQUEST)

        bodies = [part.partition(b"HTTP/1.1")[0] for part in found.split(b"\r\n\r\n")[1:]]
        assert bodies == [b"/0", b"/1", b"/2", b"/3", b"/4", b"/"]

    async def test_sends_the_head_with_the_body(self):
        async with served(answer) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST)
            first = await reader.read(65_536)
            writer.close()
            await writer.wait_closed()

        assert first.endswith(b"\r\n\r\n/")

    @pytest.mark.parametrize("messages", ANSWERS.values(), ids=ANSWERS)
    @pytest.mark.parametrize("method", [b"GET", b"HEAD"])
    async def test_answers_as_uvicorn_does(self, messages, method):
        app, requests = answering(*messages), (REQUEST.replace(b"GET", method), LAST_REQUEST)

        ours = await received(app, *requests)
        theirs = await received(app, *requests, protocol=HttpToolsProtocol)

        assert ours == theirs

    async def test_answers_500_to_a_failure_between_head_and_body(self):
        async def app(scope, receive, send) -> None:
            await send(start(LENGTH_2))
            raise RuntimeError

        found = await received(app, LAST_REQUEST)

        assert found.startswith(b"HTTP/1.1 500 ")
        assert found.endswith(b"Internal Server Error")


IDLE_SECONDS = 0.2
WAIT_SECONDS_MAX = 10


class TestIdleConnections:
    @pytest.fixture
    async def connection(self):
        async def app(scope, receive, send) -> None:
            if scope["path"] == "/slow":
                await asyncio.sleep(2 * IDLE_SECONDS)
            await answer(scope, receive, send)

        async with served(app, timeout_keep_alive=IDLE_SECONDS) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            yield reader, writer
            writer.close()
            await writer.wait_closed()

    async def ask(self, connection, request=REQUEST) -> bytes:
        reader, writer = connection
        writer.write(request)
        return await reader.read(65_536)

    async def idle_seconds(self, connection) -> float:
        """After which the server closes it."""
        clock = asyncio.get_running_loop().time
        since = clock()
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            assert await connection[0].read() == b""
        return clock() - since

    async def test_are_closed_after_a_while(self, connection):
        await self.ask(connection)

        assert await self.idle_seconds(connection) >= IDLE_SECONDS - 0.01

    async def test_stay_open_while_requests_come(self, connection):
        for _ in range(4):
            await asyncio.sleep(IDLE_SECONDS / 2)
            assert await self.ask(connection)

        assert await self.idle_seconds(connection) >= IDLE_SECONDS - 0.01

    async def test_are_not_idle_while_a_request_is_under_way(self, connection):
        await self.ask(connection)

        assert await self.ask(connection, REQUEST.replace(b"/", b"/slow", 1))
        assert await self.ask(connection)
        assert await self.idle_seconds(connection) >= IDLE_SECONDS - 0.01
