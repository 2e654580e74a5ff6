"""Answers leave in one write each, over uvicorn's own protocol."""

import asyncio

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tests.web.server.serving import answer, received, served

REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
LAST_REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"


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

        for _ in range(2):
            assert await self.ask(connection, REQUEST.replace(b"/", b"/slow", 1))
        assert await self.ask(connection)
        assert await self.idle_seconds(connection) >= IDLE_SECONDS - 0.01
