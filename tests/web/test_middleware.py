"""Request ids, the access log, CORS, and JSON for whatever nobody answered."""

import re
from collections.abc import Generator
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus

from tests.web.sockets import Open, QuietServer, eventually
from tests.web.world import AMARA_ID, Client, ClientOf, FakePlatform, MakeApp
from web.middleware.failures import Failures
from web.middleware.requests import Requests

APP = "https://app.azora.example"
PREFLIGHT = {
    "Origin": APP,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type, apollo-require-preflight,"
    " x-apollo-operation-name, apollographql-client-name, apollographql-client-version,"
    " apollographql-library-name, apollographql-library-version, idempotency-key,"
    " x-request-id",
}


@pytest.fixture
def log() -> Generator[list[Any]]:
    """The lines that are logged meanwhile, context variables included."""
    with capture_logs(processors=[merge_contextvars]) as lines:
        yield lines


class TestRequestIds:
    @pytest.mark.parametrize("given", ["abc", "A.b_c-9", "x" * 64])
    async def test_keeps_a_sane_one(self, client: Client, given: str) -> None:
        response = await client.get("/healthz", headers={"X-Request-Id": given})

        assert response.headers["x-request-id"] == given

    @pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a/b", "é", '{"a":1}'])
    async def test_replaces_any_other(self, client: Client, given: str) -> None:
        response = await client.get(
            "/healthz", headers=[(b"X-Request-Id", given.encode("latin-1"))]
        )

        assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])

    async def test_makes_a_new_one_for_each_request(self, client: Client) -> None:
        first, second = await client.get("/healthz"), await client.get("/healthz")

        assert first.headers["x-request-id"] != second.headers["x-request-id"]

    @pytest.mark.parametrize("path", ["/graphql", "/healthz", "/nowhere", "/version"])
    async def test_is_on_every_answer(self, client: Client, path: str) -> None:
        response = await client.get(path)

        assert response.headers.get_list("x-request-id") != []

    async def test_reaches_the_operation(self, client: Client, platform: FakePlatform) -> None:
        await client.post(
            "/graphql", json={"query": "{ hello }"}, headers={"X-Request-Id": "trace-1"}
        )

        assert platform.contexts[0].request_id == "trace-1"


class TestAccessLog:
    async def test_has_one_line_with_who_and_what(self, client: Client, log: list[Any]) -> None:
        await client.post(
            "/graphql",
            json={"query": "query Greeting { hello }"},
            headers={"Authorization": "Bearer amara-token", "X-Request-Id": "trace-1"},
        )

        [line] = log
        assert line.pop("latency") > 0
        assert line == {
            "event": "http_request",
            "log_level": "info",
            "method": "POST",
            "path": "/graphql",
            "status": 200,
            "operation": "Greeting",
            "userId": AMARA_ID,
            "requestId": "trace-1",
        }

    async def test_keeps_nothing_of_the_request_before(
        self, client: Client, log: list[Any]
    ) -> None:
        await client.post(
            "/graphql",
            json={"query": "query Greeting { hello }"},
            headers={"Authorization": "Bearer amara-token"},
        )
        await client.get("/healthz")

        assert "userId" in log[0]
        assert "userId" not in log[1]
        assert "operation" not in log[1]

    async def test_never_has_the_query_string(self, client: Client, log: list[Any]) -> None:
        await client.get("/graphql", params={"query": '{ echo(text: "secret") }'})

        assert "secret" not in repr(log)

    async def test_names_the_operation_of_a_refused_request(
        self, client: Client, log: list[Any]
    ) -> None:
        body = {"query": "query A { nothing }", "operationName": "A" * 500}

        await client.post("/graphql", json=body)

        assert log[0]["operation"] == "A" * 100

    async def test_has_a_line_for_each_operation_of_a_socket_and_one_for_the_socket(
        self, server: QuietServer, open_socket: Open, log: list[Any]
    ) -> None:
        headers = {"X-Request-Id": "s1"}
        async with open_socket(server, additional_headers=headers) as socket:
            await socket.init({"authToken": "amara-token"})
            await socket.subscribe("a", "query Greeting { hello }")
            await socket.receive()
            await socket.receive()
            await socket.send([])
            await socket.closed()
        assert await eventually(lambda: len(log) == 2)

        operation, connection = log
        assert operation.pop("latency") > 0
        assert connection.pop("latency") > 0
        assert operation == {
            "event": "websocket_operation",
            "log_level": "info",
            "operation": "Greeting",
            "userId": AMARA_ID,
            "requestId": "s1.1",
        }
        assert connection == {
            "event": "websocket",
            "log_level": "info",
            "method": "GET",
            "path": "/graphql",
            "status": 101,
            "closeCode": 4400,
            "userId": AMARA_ID,
            "requestId": "s1",
        }

    async def test_tells_of_refused_sockets(
        self, server: QuietServer, open_socket: Open, log: list[Any]
    ) -> None:
        for origin, path in (("https://evil.example", "/graphql"), (None, "/nowhere")):
            with pytest.raises(InvalidStatus):
                async with open_socket(server, path=path, origin=origin):
                    pass

        assert await eventually(lambda: len(log) == 2)
        assert [(line["path"], line["status"]) for line in log] == [
            ("/graphql", 403),
            ("/nowhere", 403),
        ]


class TestUnanswered:
    @pytest.mark.parametrize(
        "path",
        ["/", "/nowhere", "/graphql/", "/graphql/x.css", "/graphql;.js", "/healthz/", "/GRAPHQL"],
    )
    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_addresses_are_404_in_json(self, client: Client, method: str, path: str) -> None:
        response = await client.request(method, path, headers={"Accept": "text/html"})

        assert response.status_code == 404
        assert response.headers["content-type"] == "application/json"
        assert response.headers["x-content-type-options"] == "nosniff"
        [error] = response.json()["errors"]
        assert error["extensions"] == {"code": "NOT_FOUND"}

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/version"])
    async def test_methods_are_405_in_json(self, client: Client, path: str) -> None:
        response = await client.post(path)

        assert response.status_code == 405
        assert response.headers["allow"] == "GET, HEAD"
        [error] = response.json()["errors"]
        assert error["extensions"] == {"code": "METHOD_NOT_ALLOWED"}

    async def test_failures_are_masked_and_logged_once(
        self, client: Client, platform: FakePlatform, log: list[Any]
    ) -> None:
        def explode() -> dict[str, Any]:
            raise RuntimeError("marker-41")

        platform.jwks = explode  # type: ignore[method-assign]

        response = await client.get("/.well-known/jwks.json", headers={"X-Request-Id": "t-1"})

        assert response.status_code == 500
        assert "marker-41" not in response.text
        [error] = response.json()["errors"]
        assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "t-1"}
        assert [line["event"] for line in log] == ["request_failed", "http_request"]
        assert log[0]["requestId"] == "t-1"


SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": []}


class TestFailures:
    async def test_leave_a_begun_answer_to_the_server(self) -> None:
        sent: list[Message] = []

        async def begin_and_fail(_: Scope, __: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            raise RuntimeError("marker-41")

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            sent.append(message)

        with pytest.raises(RuntimeError, match="marker-41"):
            await Requests(Failures(begin_and_fail))(SCOPE, receive, send)

        assert [message["type"] for message in sent] == ["http.response.start"]


class TestCors:
    async def test_lets_listed_origins_ask_first(
        self, make_app: MakeApp, client_of: ClientOf
    ) -> None:
        async with client_of(make_app(cors_origins=APP)) as client:
            response = await client.options("/graphql", headers=PREFLIGHT)

        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == APP
        assert response.headers["access-control-allow-credentials"] == "true"
        assert response.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS, POST"
        assert response.headers["access-control-max-age"] == "600"
        assert "Origin" in response.headers["vary"]
        assert response.headers["x-request-id"]

    @pytest.mark.parametrize(
        "change",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": f"{APP}.evil.example"},
            {"Access-Control-Request-Method": "DELETE"},
            {"Access-Control-Request-Headers": "x-other"},
        ],
    )
    async def test_refuses_others_in_json(
        self, make_app: MakeApp, client_of: ClientOf, change: dict[str, str]
    ) -> None:
        async with client_of(make_app(cors_origins=APP)) as client:
            response = await client.options("/graphql", headers={**PREFLIGHT, **change})

        assert response.status_code == 400
        assert response.headers["content-type"] == "application/json"
        [error] = response.json()["errors"]
        assert error["extensions"] == {"code": "FORBIDDEN"}
        if "Origin" in change:
            assert "access-control-allow-origin" not in response.headers

    @pytest.mark.parametrize(
        ("headers", "status"), [({}, 200), ({"Authorization": "Bearer wrong"}, 401)]
    )
    async def test_lets_listed_origins_read_every_answer(
        self, make_app: MakeApp, client_of: ClientOf, headers: dict[str, str], status: int
    ) -> None:
        async with client_of(make_app(cors_origins=APP)) as client:
            response = await client.post(
                "/graphql", json={"query": "{ hello }"}, headers={"Origin": APP, **headers}
            )

        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == APP
        assert response.headers["access-control-allow-credentials"] == "true"
        assert response.headers["access-control-expose-headers"] == (
            "RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Idempotency-Replayed"
        )
        assert response.headers["vary"] == "Accept, Authorization, Origin"

    async def test_lets_listed_origins_read_failures(
        self, make_app: MakeApp, client_of: ClientOf
    ) -> None:
        async with client_of(make_app(cors_origins=APP)) as client:
            response = await client.post(
                "/graphql", json={"query": "{ odd }"}, headers={"Origin": APP}
            )

        assert response.status_code == 500
        assert response.headers["access-control-allow-origin"] == APP

    async def test_lets_nobody_else_read(self, make_app: MakeApp, client_of: ClientOf) -> None:
        async with client_of(make_app(cors_origins=APP)) as client:
            response = await client.post(
                "/graphql", json={"query": "{ hello }"}, headers={"Origin": "https://evil.example"}
            )

        assert "access-control-allow-origin" not in response.headers

    async def test_is_absent_without_origins(self, client: Client) -> None:
        response = await client.options("/graphql", headers=PREFLIGHT)

        assert response.status_code == 204
        assert "access-control-allow-origin" not in response.headers
