"""Answers that the application knows at once, without a request being made."""

import asyncio
import logging

import pytest
from structlog.testing import capture_logs

from tests.web.server.serving import PATIENCE_SECONDS, answer as respond, connected, served
from web.server.answers import AT_ONCE, WholeAnswer, on_the_wire

REQUEST = b"POST /known HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\n"
LENGTH_5 = (b"content-length", b"5")


class Known:
    """Knows the answers to some bodies, for heads with some path."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.heads = 0
        self.answer = WholeAnswer(203, [(b"x-known", b"yes"), LENGTH_5], b"known")

    def __call__(self, scope):
        self.heads += 1
        return self.recall if scope["path"] == "/known" else None

    def recall(self, body):
        self.asked.append(body)
        return self.answer if body == b"1" else None


@pytest.fixture
async def known() -> Known:
    return Known()


@pytest.fixture
async def client(known):
    async with served(respond, state={AT_ONCE: known}) as port, connected(port) as client:
        yield client


class TestKnownAnswers:
    async def test_are_given_from_the_second_time_on_that_a_head_comes(self, client, known):
        found = [await client.ask(REQUEST + b"1") for _ in range(3)]

        assert found[0].endswith(b"\r\n\r\n/known")
        text = b"HTTP/1.1 203 Non-Authoritative Information\r\nx-known: yes\r\n"
        assert found[1:] == [text + b"content-length: 5\r\n\r\nknown"] * 2
        assert known.asked == [b"1"] * 2
        assert known.heads == 1

    async def test_are_those_to_the_body(self, client, known):
        found = [await client.ask(REQUEST + body) for body in (b"1", b"2", b"1", b"2")]

        assert [each[-5:] for each in found] == [b"known", b"known", b"known", b"known"]
        assert [b"x-known" in each for each in found] == [False, False, True, False]
        assert known.asked == [b"2", b"1", b"2"]

    async def test_are_not_asked_for_where_the_head_has_none(self, client, known):
        request = REQUEST.replace(b"known", b"other") + b"1"

        found = [await client.ask(request) for _ in range(3)]

        assert len(set(found)) == 1
        assert (known.heads, known.asked) == (1, [])

    async def test_that_are_no_ordinary_answers_are_left_to_the_application(self, client, known):
        known.answer = known.answer._replace(headers=[])

        found = [await client.ask(REQUEST + b"1") for _ in range(2)]

        assert known.asked == [b"1"]
        assert found[0] == found[1]

    async def test_are_not_for_heads_alone(self, client, known):
        request = b"HEAD /known HTTP/1.1\r\nhost: a\r\n\r\n"

        found = [await client.ask(request) for _ in range(3)]

        assert len(set(found)) == 1
        assert known.heads == 0

    async def test_are_not_for_servers_that_log_each_request(self, known, monkeypatch):
        access = logging.getLogger("uvicorn.access")
        options = {"state": {AT_ONCE: known}, "log_config": None, "access_log": True}
        monkeypatch.setattr(access, "handlers", [logging.NullHandler()])
        async with served(respond, **options) as port, connected(port) as client:
            for _ in range(3):
                await client.ask(REQUEST + b"1")

        assert known.heads == 0

    async def test_that_fail_are_left_to_the_application(self, client, known):
        def fail(_):
            raise RuntimeError

        known.recall = fail

        with capture_logs() as log:
            found = [await client.ask(REQUEST + b"1") for _ in range(2)]

        assert found[0] == found[1]
        assert [line["event"] for line in log] == ["answer_at_once_failed"]

    async def test_count_as_requests_and_keep_the_connection(self, known):
        async with (
            served(respond, state={AT_ONCE: known}, timeout_keep_alive=0.2) as port,
            connected(port) as client,
        ):
            for _ in range(6):
                await asyncio.sleep(0.1)
                assert await client.ask(REQUEST + b"1")
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert await client.reader.read() == b""

    async def test_wait_for_a_client_that_does_not_read(self, known):
        """Else they would pile up in memory: the application's own sends wait."""
        large = b"x" * 1_000_000
        known.answer = WholeAnswer(200, [(b"content-length", b"1000000")], large)
        async with served(respond, state={AT_ONCE: known}) as port, connected(port) as client:
            await client.ask(REQUEST + b"1")
            for _ in range(50):
                client.writer.write(REQUEST + b"1")
                await asyncio.sleep(0.005)
            asked = len(known.asked)
            client.writer.transport.abort()

        assert 0 < asked < 40


class TestOnTheWire:
    @pytest.mark.parametrize(
        "headers",
        [
            [],
            [(b"content-length", b"6")],
            [LENGTH_5, (b"connection", b"close")],
            [LENGTH_5, (b"transfer-encoding", b"chunked")],
            [LENGTH_5, (b"x-a", b"b\r\nx-c: d")],
            [LENGTH_5, (b"x-a", b"b\nx-c")],
        ],
    )
    def test_knows_only_ordinary_answers(self, headers):
        assert on_the_wire([], WholeAnswer(200, headers, b"known")) is None
