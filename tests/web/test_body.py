"""How much of a body is read, for how long, and in which form."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.types import Message

from tests.web.world import (
    Client,
    ClientOf,
    FakePlatform,
    MakeApp,
    code_of,
)

BODY_BYTES_MAX = 4096


class TestReadBody:
    @pytest.fixture
    async def client(self, make_app: MakeApp, client_of: ClientOf) -> AsyncIterator[Client]:
        async with client_of(make_app(body_bytes_max=BODY_BYTES_MAX)) as client:
            yield client

    @staticmethod
    def body_of(size: int) -> bytes:
        body = b'{"query": "{ hello }"'
        return body + b" " * (size - len(body) - 1) + b"}"

    async def test_takes_a_body_of_exactly_the_maximum(self, client: Client) -> None:
        response = await client.post(
            "/graphql",
            content=self.body_of(BODY_BYTES_MAX),
            headers={"Content-Type": "application/json"},
        )

        assert response.status_code == 200

    async def test_refuses_one_byte_more_before_parsing_it(self, client: Client) -> None:
        response = await client.post(
            "/graphql",
            content=self.body_of(BODY_BYTES_MAX)[:-1] + b"!!",
            headers={"Content-Type": "application/json"},
        )

        assert response.status_code == 413
        assert code_of(response) == "PAYLOAD_TOO_LARGE"
        assert str(BODY_BYTES_MAX) in response.json()["errors"][0]["message"]

    async def test_reads_nothing_of_a_body_that_is_announced_too_large(
        self, make_app: MakeApp, platform: FakePlatform
    ) -> None:
        app = make_app(body_bytes_max=BODY_BYTES_MAX)
        app.state.runtime.opened = platform

        for length in (str(BODY_BYTES_MAX + 1), "9" * 5000):
            status, _ = await answered(app, [], {"Content-Length": length})
            assert status == 413

    async def test_stops_reading_an_endless_body(self, client: Client) -> None:
        chunks_sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal chunks_sent
            while chunks_sent < 1000:
                chunks_sent += 1
                yield b" " * 1024

        response = await client.post(
            "/graphql", content=endless(), headers={"Content-Type": "application/json"}
        )

        assert response.status_code == 413
        assert chunks_sent <= BODY_BYTES_MAX // 1024 + 2

    async def test_reads_a_body_in_pieces(self, client: Client) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            yield b'{"query": '
            yield b'"{ hello }"}'

        response = await client.post(
            "/graphql", content=pieces(), headers={"Content-Type": "application/json"}
        )

        assert response.json() == {"data": {"hello": "world"}}

    @pytest.mark.parametrize("size", [BODY_BYTES_MAX, BODY_BYTES_MAX + 1])
    async def test_counts_a_body_that_comes_at_once_and_unannounced(
        self, make_app: MakeApp, platform: FakePlatform, size: int
    ) -> None:
        app = make_app(body_bytes_max=BODY_BYTES_MAX)
        app.state.runtime.opened = platform

        status, _ = await answered(app, [{"body": self.body_of(size)}])

        assert status == (200 if size == BODY_BYTES_MAX else 413)

    async def test_gives_up_on_a_body_that_does_not_arrive(
        self, make_app: MakeApp, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("web.body.BODY_SECONDS_MAX", 0.05)
        app = make_app()
        app.state.runtime.opened = platform

        status, body = await answered(app, [{"body": b"{", "more_body": True}])

        assert status == 408
        assert body["errors"][0]["extensions"]["code"] == "REQUEST_TIMEOUT"

    async def test_answers_nobody_who_left_while_sending(
        self, make_app: MakeApp, platform: FakePlatform
    ) -> None:
        app = make_app()
        app.state.runtime.opened = platform
        messages = [{"body": b"{", "more_body": True}, {"type": "http.disconnect"}]

        status, body = await answered(app, messages)

        assert (status, body) == (0, None)

    async def test_refuses_compressed_bodies(self, client: Client) -> None:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

        response = await client.post("/graphql", content=b"\x1f\x8b", headers=headers)

        assert response.status_code == 415
        assert response.headers["accept-encoding"] == "identity"
        assert code_of(response) == "UNSUPPORTED_MEDIA_TYPE"


async def answered(
    app: Starlette, messages: list[dict[str, Any]], headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    """The status and body after `messages`, when nothing more arrives."""
    headers = {"Content-Type": "application/json", **(headers or {})}
    queue = [{"type": "http.request", **message} for message in messages]
    sent: list[Message] = []

    async def receive() -> Message:
        while not queue:
            await asyncio.Event().wait()
        return queue.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    async with asyncio.timeout(5):
        await app(scope, receive, send)
    if not sent:
        return 0, None
    return sent[0]["status"], orjson.loads(sent[1]["body"])
