"""Known answers without a request: the same bytes and the same lines in the log as with one."""

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, GraphQLString
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from graph.engine import Graph
from models.subjects import Subject
from subgraphs.shared.caching import cached
from tests.web.server.serving import connected
from tests.web.sockets import Serve
from tests.web.world import GATEWAY_SECRET, GRAPHQL, JSON, MakeApp
from web.answers import Answer
from web.app import create_subgraph_app
from web.graphql import GraphQLOverHTTP
from web.known import CONSTANT_REQUEST_BYTES_MAX, CONSTANTS_MAX, KnownAnswers
from web.negotiation import MediaType
from web.runtime import Runtime
from web.server.protocol import HttpProtocol

CONSTANT = '{"query":"{ __typename }"}'
NAMED = '{"query":"query Probe { __typename }"}'
CACHED = '{"query":"query Page { page }"}'
RUNNING = '{"query":"{ fresh }"}'
ORIGIN = "https://app.azora.example"
ELSEWHERE = "https://elsewhere.example"
# Of all answers that may differ.
OWN_HEADERS = (b"x-request-id:", b"date:", b"age:")


def request(body: str = "", *lines: str, target: str = "/graphql", method: str = "POST") -> bytes:
    content_type = ["Content-Type: application/json"] if body else []
    length = [f"Content-Length: {len(body)}"] if body else []
    lines = (f"{method} {target} HTTP/1.1", "Host: azora.test", *lines, *content_type, *length)
    return "\r\n".join([*lines, "", body]).encode()


def get(query: str, *lines: str, method: str = "GET") -> bytes:
    target = f"/graphql?query={query}".replace(" ", "%20")
    return request("", *lines, target=target, method=method)


KNOWN = {
    "a constant": request(CONSTANT),
    "a named constant": request(NAMED),
    "a constant by GET": get("{ __typename }"),
    "a cached answer": request(CACHED),
    "a cached answer by GET": get("{ page }"),
    "with a media type": request(CACHED, f"Accept: {GRAPHQL}"),
    "with the other media type": request(CACHED, f"Accept: {JSON}"),
    "by GET with a media type": get("{ page }", f"Accept: {GRAPHQL}"),
    "what the client has": get("{ page }", "If-None-Match: *"),
    "what the client has in another form": get("{ page }", 'If-None-Match: "other"'),
    "from a page": request(CONSTANT, f"Origin: {ORIGIN}", "Sec-Fetch-Site: cross-site"),
    "with a cookie": request(CACHED, "Cookie: a=b"),
    "with anything else": request(CACHED, "X-Forwarded-For: 192.0.2.1", "User-Agent: a"),
}
LOOKED_AT = {
    "what must run": request(RUNNING),
    "who signed in": request(CONSTANT, "Authorization: Bearer amara-token"),
    "a wrong token": request(CACHED, "Authorization: Bearer nobody"),
    "an id": request(CONSTANT, "X-Request-Id: trace-1"),
    "another content type": request(CACHED, "Content-Type: text/plain"),
    "a compressed body": request(CACHED, "Content-Encoding: gzip"),
    "an unknown media type": request(CACHED, "Accept: image/png"),
    "a browser": get("{ page }", "Accept: text/html"),
    "a browser that takes JSON too": get("{ page }", "Accept: text/html, */*;q=0.8"),
    "a question about methods": request(method="OPTIONS"),
    "another path": request(CONSTANT, target="/graphql/"),
    "the health": get("", method="GET").replace(b"/graphql?query=", b"/healthz"),
    "a head": get("{ __typename }", method="HEAD"),
    "a mutation by GET": get("mutation { __typename }"),
    "another method": request(CONSTANT, method="PUT"),
    "what cannot be read": request("{"),
    "what is not valid": request('{"query":"{ nothing }"}'),
}


@dataclass
class Edge:
    """A server, its endpoint's calls, and what it logged."""

    port: int
    runtime: Runtime
    log: list[dict[str, Any]]
    calls: list[str] = field(default_factory=list)

    async def asked(self, request: bytes, times: int) -> list[bytes]:
        """What the same request brings on one connection."""
        async with connected(self.port) as client:
            return [await client.ask(request) for _ in range(times)]


@pytest.fixture
def graph() -> Graph:
    def fresh(*_: object) -> str:
        return "fresh"

    query = GraphQLObjectType(
        "Query",
        {
            "page": GraphQLField(
                GraphQLString, resolve=fresh, extensions=cached(60, Subject.SERVICES)
            ),
            "fresh": GraphQLField(GraphQLString, resolve=fresh),
        },
    )
    mutation = GraphQLObjectType("Mutation", {"fresh": GraphQLField(GraphQLString, resolve=fresh)})
    return Graph(GraphQLSchema(query, mutation), timeout_seconds=5.0, has_suggestions=True)


@pytest.fixture
def log() -> Generator[list[Any]]:
    with capture_logs(processors=[merge_contextvars]) as lines:
        yield lines


Started = Callable[..., Awaitable[Edge]]


@pytest.fixture
def start(
    make_app: MakeApp,
    serve: Serve,
    graph: Graph,
    log: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Started:
    async def started(**options: Any) -> Edge:
        app = make_app(options={"graph": graph}, **options)
        server = await serve(app, http=HttpProtocol, access_log=False)
        edge = Edge(int(server.address.rpartition(":")[2]), app.state.runtime, log)
        called = GraphQLOverHTTP.__call__

        async def call(self: GraphQLOverHTTP, scope: Any, receive: Any, send: Any) -> None:
            edge.calls.append(scope["method"])
            await called(self, scope, receive, send)

        monkeypatch.setattr(GraphQLOverHTTP, "__call__", call)
        return edge

    return started


@pytest.fixture
async def edge(start: Started) -> Edge:
    return await start()


def comparable(answer: bytes) -> list[bytes]:
    """Its lines without those that each answer has its own."""
    lines = answer.split(b"\r\n")
    own = [line for line in lines if line.startswith(OWN_HEADERS)]
    assert any(line.startswith(b"x-request-id:") for line in own)
    return [line if line not in own else line.partition(b":")[0] for line in lines]


def told(line: dict[str, Any]) -> dict[str, Any]:
    """A line of the log without what each has its own; all that is cached is a hit."""
    assert line["latency"] >= 0
    assert line["requestId"]
    return {name: value for name, value in line.items() if name not in {"latency", "requestId"}}


class TestKnownAnswers:
    @pytest.mark.parametrize("sent", KNOWN.values(), ids=KNOWN)
    async def test_are_the_same_at_once(self, edge: Edge, sent: bytes) -> None:
        await edge.asked(sent, 1)
        edge.calls.clear()
        edge.log.clear()

        slow, *quick = await edge.asked(sent, 3)

        assert len(edge.calls) == 1
        assert [comparable(each) for each in quick] == [comparable(slow)] * 2
        assert [told(line) for line in edge.log] == [told(edge.log[0])] * 3
        assert len({line["requestId"] for line in edge.log}) == 3
        for line, answer in zip(edge.log, [slow, *quick], strict=True):
            assert f"x-request-id: {line['requestId']}\r\n".encode() in answer

    @pytest.mark.parametrize("sent", LOOKED_AT.values(), ids=LOOKED_AT)
    async def test_are_for_requests_that_need_no_look(self, edge: Edge, sent: bytes) -> None:
        for known in KNOWN.values():
            await edge.asked(known, 1)
        edge.log.clear()
        edge.calls.clear()

        answers = await edge.asked(sent, 3)

        assert len(edge.log) == len(answers)
        assert len(edge.calls) == (0 if b"/healthz" in sent or b"/graphql/" in sent else 3)
        assert len({tuple(comparable(each)) for each in answers}) == 1

    async def test_are_not_logged_as_somebody_elses(self, edge: Edge) -> None:
        """On asyncio's loop a connection may read in the context of an earlier request."""
        signed_in = request(RUNNING, "Authorization: Bearer amara-token")
        async with connected(edge.port) as client:
            await client.ask(request(CONSTANT))
            client.writer.write(signed_in + signed_in)
            for _ in range(2):
                await client.reader.readuntil(b'"fresh"}}')
            edge.log.clear()
            edge.calls.clear()
            await client.ask(request(CONSTANT))

        assert edge.calls == []
        assert ["userId" in line for line in edge.log] == [False]

    async def test_end_with_a_write(self, edge: Edge) -> None:
        assert edge.runtime.responses is not None
        async with connected(edge.port) as client:
            before = [await client.ask(request(CACHED)) for _ in range(2)]
            calls_before = len(edge.calls)
            edge.runtime.responses.forget([Subject.SERVICES])
            after = await client.ask(request(CACHED))

        assert calls_before == 1
        assert len(edge.calls) == 2
        assert comparable(after) == comparable(before[0])
        assert [line["cache"] for line in edge.log] == ["miss", "hit", "miss"]

    @pytest.mark.parametrize(
        "origins",
        [[ORIGIN], [ELSEWHERE], [], [ORIGIN, ELSEWHERE], [ELSEWHERE, ORIGIN]],
    )
    async def test_may_be_read_by_pages_of_other_origins(
        self, start: Started, origins: list[str]
    ) -> None:
        edge = await start(cors_origins=ORIGIN)
        lines = [f"Origin: {origin}" for origin in origins]

        answers = await edge.asked(request(CONSTANT, *lines), 3)

        assert len(edge.calls) == 1
        assert len({tuple(comparable(each)) for each in answers}) == 1
        is_allowed = f"access-control-allow-origin: {ORIGIN}\r\n".encode() in answers[0]
        assert is_allowed == (origins[:1] == [ORIGIN])
        assert b"vary: Accept, Authorization, Origin\r\n" in answers[0]

    async def test_of_a_subgraph_are_for_its_gateway(self, start: Started) -> None:
        edge = await start(build=create_subgraph_app, gateway_secret=GATEWAY_SECRET)
        known = request(CONSTANT, f"X-Azora-Gateway-Secret: {GATEWAY_SECRET}")

        served = await edge.asked(known, 3)
        refused = await edge.asked(request(CONSTANT), 3)

        assert len({tuple(comparable(each)) for each in served}) == 1
        assert all(each.startswith(b"HTTP/1.1 401 ") for each in refused)
        assert len(edge.calls) == 4


class TestConstants:
    ANSWER = Answer(200, b"{}", [])

    def known(self, answers: KnownAnswers, text: bytes) -> bool:
        return answers.answer("POST", text, {}, MediaType.JSON) is not None

    def test_are_the_latest(self) -> None:
        answers = KnownAnswers(None)
        texts = [b"%d" % number for number in range(CONSTANTS_MAX + 1)]
        for text in (*texts, texts[-1], texts[-1]):
            answers.remember_constant("POST", text, self.ANSWER, None)

        assert [self.known(answers, text) for text in texts[:3]] == [False, True, True]
        assert self.known(answers, texts[-1])

    def test_are_not_kept_for_long_requests(self) -> None:
        answers = KnownAnswers(None)
        longest = b"x" * CONSTANT_REQUEST_BYTES_MAX

        for text in (longest, longest + b"x"):
            answers.remember_constant("POST", text, self.ANSWER, None)

        assert self.known(answers, longest)
        assert not self.known(answers, longest + b"x")

    def test_are_of_their_method(self) -> None:
        answers = KnownAnswers(None)

        answers.remember_constant("GET", b"a", self.ANSWER, None)

        assert not self.known(answers, b"a")
