"""Heads that come again are read as they were, and nothing else is taken for one of them."""

import asyncio

import orjson
import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tests.web.server.serving import PATIENCE_SECONDS, answer, connected, served
from web.server.heads import HEAD_BYTES_MAX, HEADERS_MAX, HEADS_MAX, Heads
from web.server.protocol import HttpProtocol

QUIET_SECONDS = 0.05
CLOSED = b"(closed)"


def head(*lines: str, target: str = "/a?b=c", version: str = "1.1", method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/{version}", "host: a", *lines, "", ""]).encode()


def post(body: bytes, *lines: str) -> bytes:
    return head(f"content-length: {len(body)}", *lines) + body


GET = head(method="GET")
POST = post(b"abc")
LARGE = post(b"x" * 100_000)
LAST = head("connection: close", method="GET")
CHUNKED = head("transfer-encoding: chunked")
# What a client sends, piece by piece. Each piece waits for whatever the one before brings.
CONVERSATIONS = {
    "the same again": [POST] * 4,
    "another body": [POST, post(b"xyz"), POST, post(b"")],
    "another length": [POST, post(b"longer"), POST, post(b"longer")],
    "two kinds": [GET, POST] * 3,
    "in two pieces": [POST, POST[:40], POST[40:], POST],
    "half a body": [POST[:-1], POST[-1:], POST[:-1], POST[-1:]],
    "head and body apart": [POST, POST[:-3], POST[-3:], POST],
    "a known head within a header": [GET, b"GET / HTTP/1.1\r\nhost: b\r\nx-a: ", GET, GET],
    "a known head within a body": [POST, head(f"content-length: {len(POST)}"), POST, POST],
    "a known head within a chunk": [POST, CHUNKED + b"%x\r\n" % len(POST), POST, b"\r\n0\r\n\r\n"],
    "a known head after a part of a line": [GET, b"G", GET],
    "two at once": [GET, GET + GET, POST + POST, POST],
    "one and a half": [POST, POST + POST[:30], POST[30:], POST],
    "empty lines before": [b"\r\n\r\n" + GET, GET, b"\r\n" + GET, b"\r\n\r\n", GET],
    "empty lines after": [POST + b"\r\n", POST + b"\r\n", POST, POST],
    "more than was announced": [POST, POST + b"d", POST],
    "chunks": [CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"] * 3,
    "no chunks": [CHUNKED + b"0\r\n\r\n"] * 3,
    "a client that waits for leave": [post(b"", "expect: 100-continue")] * 3,
    "the end of the connection": [GET, LAST],
    "an old client": [head(method="GET", version="1.0")] * 2,
    "an old client that stays": [head("connection: keep-alive", method="GET", version="1.0")] * 3,
    "another protocol": [head("connection: upgrade", "upgrade: h2c", method="GET")] * 2,
    "other methods": [head(method="HEAD")] * 3 + [head(method="DELETE")] * 3,
    "a tunnel": [head(method="CONNECT", target="a:80")] * 2,
    "what is no request": [GET, b"nonsense\r\n\r\n", GET],
    "a large body": [LARGE] * 3,
    "large heads": [head("x-a: " + "x" * HEAD_BYTES_MAX, method="GET")] * 3,
    "many kinds": [head(method="GET", target=f"/{each}") for each in range(2 * HEADS_MAX)] * 2,
    "odd targets": [head(method="GET", target="/%C3%A9/%2F?a=%20&b#c")] * 3,
    "headers in any case": [head("X-A: B", "x-a: c", "Cookie: d", method="GET")] * 3,
}


async def told(scope, receive, send) -> None:
    """Answers with all that an application hears of a request, and then changes it."""
    body, has_more = b"", True
    while has_more:
        message = await receive()
        body += message.get("body", b"")
        has_more = message.get("more_body", False)
    seen = {**scope, "body": body}
    seen.pop("client")
    seen.pop("server")
    content = orjson.dumps(seen, default=bytes.decode)
    scope["headers"].append((b"x-changed", b""))
    scope["state"]["changed"] = scope["path"] = "changed"
    headers = [(b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def conversation(pieces: list[bytes], protocol) -> list[bytes]:
    """What each piece brings until nothing more comes, or the connection ends."""
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        served(told, protocol, state={"began": 1}) as port,
        connected(port) as client,
    ):
        brought = []
        for piece in pieces:
            client.writer.write(piece)
            brought.append(await until_quiet(client.reader))
            if brought[-1].endswith(CLOSED):
                break
    return brought


async def until_quiet(reader: asyncio.StreamReader) -> bytes:
    found = b""
    try:
        while True:
            async with asyncio.timeout(QUIET_SECONDS):
                part = await reader.read(1_000_000)
            if not part:
                return found + CLOSED
            found += part
    except TimeoutError:
        return found


class TestConversations:
    @pytest.mark.parametrize("pieces", CONVERSATIONS.values(), ids=CONVERSATIONS)
    async def test_are_as_without_memory(self, pieces):
        ours, theirs = await asyncio.gather(
            conversation(pieces, HttpProtocol), conversation(pieces, HttpToolsProtocol)
        )

        # Joined, since on a busy machine an answer may come after the next piece was sent.
        assert b"".join(ours) == b"".join(theirs) != b""

    async def test_wait_for_the_answer_before(self):
        begun, may_end = [], asyncio.Event()

        async def app(scope, receive, send) -> None:
            begun.append(scope["path"])
            if len(begun) > 1:
                await may_end.wait()
            await answer(scope, receive, send)

        async with served(app) as port, connected(port) as client:
            for _ in range(3):
                client.writer.write(GET)
                await until_quiet(client.reader)
            begun_before = len(begun)
            may_end.set()
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(begun) < 3:
                    await client.reader.read(65_536)

        assert begun_before == 2

    @pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])
    async def test_parse_a_head_once(self, request_, monkeypatch):
        parsed = []
        complete = HttpProtocol.on_headers_complete
        monkeypatch.setattr(
            HttpProtocol, "on_headers_complete", lambda self: parsed.append(1) or complete(self)
        )

        async with served(told) as port, connected(port) as client:
            for _ in range(4):
                assert (await client.ask(request_)).startswith(b"HTTP/1.1 200 OK")

        assert len(parsed) == 1


class TestHeads:
    def learn(self, heads: Heads, target: str) -> bytes:
        data = head(target=target)
        heads.learn(data, {"headers": [], "state": {}, "path": target}, 0)
        return data

    def test_are_the_latest(self):
        heads = Heads()
        learnt = [self.learn(heads, f"/{number}") for number in range(HEADS_MAX + 2)]

        known = [heads.split(each) for each in learnt]

        assert known[:2] == [None, None]
        assert [found[0].template["path"] for found in known[2:] if found] == [
            "/2",
            "/3",
            "/4",
            "/5",
        ]

    def test_are_split_from_whole_requests_only(self):
        heads = Heads()
        heads.learn(POST, {"headers": [], "state": {}}, 3)

        assert heads.split(POST) is not None
        assert heads.split(POST[:-1]) is None
        assert heads.split(POST + b"x") is None
        assert heads.split(b"") is None

    def test_do_not_keep_large_ones(self):
        heads = Heads()

        large = self.learn(heads, "/" + "x" * HEAD_BYTES_MAX)
        heads.learn(POST, {"headers": [()] * (HEADERS_MAX + 1), "state": {}}, 3)

        assert heads.split(large) is None
        assert heads.split(POST) is None

    def test_do_not_keep_what_ends_otherwise(self):
        heads = Heads()
        bare = GET.replace(b"\r\n", b"\n")

        heads.learn(bare, {"headers": [], "state": {}}, 0)

        assert heads.split(bare + b"\r\n\r\n") is None
