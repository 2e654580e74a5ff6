"""The protocol graphql-transport-ws over a real server and a real client."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from services.auth.viewer import Viewer
from tests.web.conftest import QuietServer
from tests.web.world import AMARA, AMARA_ID, FakePlatform, MakeApp, now
from web.sockets import SocketLimits

APP = "https://app.azora.example"
PATIENCE_SECONDS = 5.0
PROTOCOL = Subprotocol("graphql-transport-ws")
Serve = Callable[[Starlette], Awaitable[QuietServer]]


@dataclass
class Socket:
    """A client that speaks JSON and never waits for ever."""

    connection: ClientConnection

    async def send(self, message: object) -> None:
        await self.connection.send(orjson.dumps(message).decode())

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return orjson.loads(await self.connection.recv())

    async def subscribe(self, operation_id: str, query: str, **payload: Any) -> None:
        payload = {"query": query, **payload}
        await self.send({"id": operation_id, "type": "subscribe", "payload": payload})

    async def init(self, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        await self.send({"type": "connection_init", "payload": payload})
        return await self.receive()

    async def closed(self) -> tuple[int, str]:
        """The code and reason that the server closes with, whatever it sent before."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.connection.wait_closed()
        return self.connection.close_code or 0, self.connection.close_reason or ""


Open = Callable[..., Any]


@pytest.fixture
def open_socket() -> Open:
    """Connects to a server, by default with the right sub-protocol and no `Origin`."""

    @asynccontextmanager
    async def opened(server: QuietServer, **options: Any) -> AsyncGenerator[Socket]:
        options = {"subprotocols": [PROTOCOL], "compression": None, **options}
        async with connect(f"ws://{server.address}/graphql", **options) as connection:
            yield Socket(connection)

    return opened


@pytest.fixture
async def server(make_app: MakeApp, serve: Serve) -> QuietServer:
    return await serve(make_app())


@pytest.fixture
async def socket(server: QuietServer, open_socket: Open) -> AsyncGenerator[Socket]:
    async with open_socket(server) as socket:
        yield socket


@pytest.fixture
async def ready(socket: Socket) -> Socket:
    """A socket that has been acknowledged."""
    assert (await socket.init())["type"] == "connection_ack"
    return socket


def limited(**limits: float) -> dict[str, Any]:
    return {"options": {"socket_limits": SocketLimits(**limits)}}  # type: ignore[arg-type]


class TestHandshake:
    async def test_picks_the_one_sub_protocol(self, server: QuietServer, open_socket: Open) -> None:
        protocols = [Subprotocol("graphql-ws"), PROTOCOL]

        async with open_socket(server, subprotocols=protocols) as socket:
            assert socket.connection.subprotocol == PROTOCOL
            assert socket.connection.response.headers["X-Request-Id"]

    @pytest.mark.parametrize("protocols", [["graphql-ws"], ["other", "more"], None])
    async def test_closes_with_4406_for_any_other(
        self, server: QuietServer, open_socket: Open, protocols: list[str] | None
    ) -> None:
        async with open_socket(server, subprotocols=protocols) as socket:
            assert await socket.closed() == (4406, "Use the sub-protocol graphql-transport-ws")

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{APP}.evil.example"])
    async def test_refuses_pages_of_foreign_origins(
        self, make_app: MakeApp, serve: Serve, open_socket: Open, origin: str
    ) -> None:
        server = await serve(make_app(cors_origins=APP))

        with pytest.raises(InvalidStatus) as refusal:
            async with open_socket(server, origin=origin):
                pass

        response = refusal.value.response
        assert response.status_code == 403
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["X-Request-Id"]
        assert response.body is not None
        [error] = orjson.loads(bytes(response.body))["errors"]
        assert error["extensions"] == {"code": "FORBIDDEN"}

    async def test_welcomes_listed_and_own_origins(
        self, make_app: MakeApp, serve: Serve, open_socket: Open
    ) -> None:
        server = await serve(make_app(cors_origins=APP))

        for origin in (APP, f"http://{server.address}"):
            async with open_socket(server, origin=origin) as socket:
                assert (await socket.init())["type"] == "connection_ack"


class TestInit:
    @pytest.mark.parametrize(
        "message",
        [
            {"type": "connection_init"},
            {"type": "connection_init", "payload": None},
            {"type": "connection_init", "payload": {}},
            {"type": "connection_init", "payload": {"Authorization": ""}},
            {"type": "connection_init", "payload": {"authToken": None, "headers": None}},
        ],
    )
    async def test_is_anonymous_without_a_token(
        self, socket: Socket, message: dict[str, Any]
    ) -> None:
        await socket.send(message)

        assert await socket.receive() == {
            "type": "connection_ack",
            "payload": {"userId": None, "expiresAt": None, "heartbeatMs": 20_000},
        }

    @pytest.mark.parametrize(
        "payload",
        [
            {"Authorization": "Bearer amara-token"},
            {"authorization": "bearer amara-token"},
            {"authToken": "amara-token"},
            {"authToken": "Bearer amara-token"},
            {"headers": {"Authorization": "Bearer amara-token"}},
            {"headers": {"authorization": "amara-token"}},
        ],
    )
    async def test_finds_the_token_wherever_clients_put_it(
        self, socket: Socket, platform: FakePlatform, payload: dict[str, Any]
    ) -> None:
        expires_at = now() + timedelta(minutes=5)
        platform.tokens["amara-token"] = Viewer(user_id=AMARA, expires_at=expires_at)

        ack = await socket.init(payload)
        await socket.subscribe("1", "{ viewer }")

        wire = f"{expires_at:%Y-%m-%dT%H:%M:%S}.{expires_at.microsecond // 1000:03}Z"
        assert ack["payload"] == {"userId": AMARA_ID, "expiresAt": wire, "heartbeatMs": 20_000}
        assert (await socket.receive())["payload"] == {"data": {"viewer": str(AMARA)}}

    @pytest.mark.parametrize(
        "payload",
        [{"Authorization": "Bearer wrong"}, {"authToken": "wrong"}, {"Authorization": 5}],
    )
    async def test_closes_with_4403_for_a_wrong_token(
        self, socket: Socket, platform: FakePlatform, payload: dict[str, Any]
    ) -> None:
        await socket.send({"type": "connection_init", "payload": payload})

        assert await socket.closed() == (4403, "token_invalid")
        assert platform.presence.marks == []

    async def test_overlooks_the_cookie(
        self, server: QuietServer, open_socket: Open, platform: FakePlatform
    ) -> None:
        async with open_socket(server, additional_headers={"Cookie": "azr_rt=secret"}) as socket:
            await socket.init()
            await socket.subscribe("1", "{ cookie viewer }")

            data = (await socket.receive())["payload"]["data"]
        assert data == {"cookie": None, "viewer": "None"}

    async def test_closes_with_4408_when_it_does_not_come(
        self, make_app: MakeApp, serve: Serve, open_socket: Open
    ) -> None:
        server = await serve(make_app(**limited(init_seconds=0.5)))

        async with open_socket(server) as socket:
            await socket.send({"type": "ping"})
            assert await socket.receive() == {"type": "pong"}
            assert await socket.closed() == (4408, "Connection initialisation timeout")

    async def test_closes_with_4429_when_it_comes_twice(self, ready: Socket) -> None:
        await ready.send({"type": "connection_init"})

        assert await ready.closed() == (4429, "Too many initialisation requests")

    async def test_closes_with_4403_when_the_token_expires(
        self, socket: Socket, platform: FakePlatform
    ) -> None:
        expires_at = now() + timedelta(seconds=1)
        platform.tokens["short"] = Viewer(user_id=AMARA, expires_at=expires_at)
        await socket.init({"authToken": "short"})
        await socket.subscribe("1", "subscription { ticks }")
        await platform.streams.until(lambda streams: streams.opened == 1)

        assert await socket.closed() == (4403, "token_expired")
        await platform.streams.until(lambda streams: streams.closed == 1)


class TestMessages:
    @pytest.mark.parametrize(
        "frame",
        [
            "",
            "nonsense",
            "[]",
            "null",
            '"ping"',
            "{}",
            '{"type": null}',
            '{"type": 5}',
            '{"type": "start"}',
            '{"type": "connection_init", "payload": []}',
            '{"type": "connection_init", "payload": "x"}',
            '{"type": "ping", "payload": 1}',
            '{"type": "pong", "payload": "x"}',
            '{"type": "subscribe"}',
            '{"type": "subscribe", "id": "1"}',
            '{"type": "subscribe", "id": "1", "payload": null}',
            '{"type": "subscribe", "id": "1", "payload": []}',
            '{"type": "subscribe", "id": "1", "payload": {}}',
            '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
            '{"type": "subscribe", "id": "1", "payload": {"query": "{hello}", "variables": []}}',
            '{"type": "subscribe", "id": "1", "payload": {"query": "{hello}", "operationName": 1}}',
            '{"type": "subscribe", "id": "1", "payload": {"query": "{hello}", "extensions": ""}}',
            '{"type": "subscribe", "id": "", "payload": {"query": "{hello}"}}',
            '{"type": "subscribe", "id": 1, "payload": {"query": "{hello}"}}',
            '{"type": "complete"}',
            '{"type": "complete", "id": 1}',
            b'{"type": "ping"}',
            b"",
        ],
    )
    async def test_close_with_4400_when_malformed_and_without_a_trace(
        self, ready: Socket, frame: str | bytes
    ) -> None:
        with capture_logs() as log:
            await ready.connection.send(frame)
            code, reason = await ready.closed()

        assert code == 4400
        assert reason
        assert [line for line in log if line["log_level"] == "error"] == []

    async def test_close_with_4401_before_the_acknowledgement(self, socket: Socket) -> None:
        await socket.subscribe("1", "{ hello }")

        assert await socket.closed() == (4401, "Unauthorized")

    @pytest.mark.parametrize("payload", [{"a": [1, {"b": None}]}, {}])
    async def test_pings_are_answered_with_their_payload(
        self, ready: Socket, payload: dict[str, Any]
    ) -> None:
        await ready.send({"type": "ping", "payload": payload})

        assert await ready.receive() == {"type": "pong", "payload": payload}

    @pytest.mark.parametrize("message", [{"type": "ping"}, {"type": "ping", "payload": None}])
    async def test_pings_without_payload_are_answered_without(
        self, ready: Socket, message: dict[str, Any]
    ) -> None:
        await ready.send(message)

        assert await ready.receive() == {"type": "pong"}

    async def test_for_unknown_ids_are_ignored(self, ready: Socket) -> None:
        await ready.send({"type": "complete", "id": "unknown"})
        await ready.send({"type": "pong", "payload": {"a": 1}})
        await ready.send({"type": "ping"})

        assert await ready.receive() == {"type": "pong"}


class TestOperations:
    async def test_stream_events_and_complete(self, ready: Socket) -> None:
        await ready.subscribe("a", "subscription ($n: Int!) { count(to: $n) }", variables={"n": 2})

        assert [await ready.receive() for _ in range(3)] == [
            {"id": "a", "type": "next", "payload": {"data": {"count": "1"}}},
            {"id": "a", "type": "next", "payload": {"data": {"count": "2"}}},
            {"id": "a", "type": "complete"},
        ]

    @pytest.mark.parametrize(
        ("query", "data"),
        [("{ hello }", {"hello": "world"}), ("mutation { signIn }", {"signIn": "done"})],
    )
    async def test_may_be_queries_and_mutations(
        self, ready: Socket, query: str, data: dict[str, Any]
    ) -> None:
        await ready.subscribe("a", query)

        assert await ready.receive() == {"id": "a", "type": "next", "payload": {"data": data}}
        assert await ready.receive() == {"id": "a", "type": "complete"}

    async def test_carry_field_errors_beside_their_data(self, ready: Socket) -> None:
        await ready.subscribe("a", "{ hello refused }")

        message = await ready.receive()
        assert message["type"] == "next"
        assert message["payload"]["data"] == {"hello": "world", "refused": None}
        assert message["payload"]["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
        assert await ready.receive() == {"id": "a", "type": "complete"}

    async def test_keep_null_data_of_a_failed_field(self, ready: Socket) -> None:
        await ready.subscribe("a", "{ needed }")

        message = await ready.receive()
        assert message["type"] == "next"
        assert message["payload"]["data"] is None

    @pytest.mark.parametrize(
        ("payload", "code"),
        [
            ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
            ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
            ({"query": "query A {hello} query B {hello}"}, "OPERATION_RESOLUTION_FAILURE"),
            ({"query": "query A {hello}", "operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
            ({"query": "query ($t: String!) { echo(text: $t) }"}, "BAD_USER_INPUT"),
            ({"query": "subscription ($n: Int!) { count(to: $n) }"}, "BAD_USER_INPUT"),
            ({"query": "subscription { unstartable }"}, "FORBIDDEN"),
            ({"extensions": {"persistedQuery": {}}}, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ],
    )
    async def test_that_cannot_start_are_errors_and_the_socket_stays_open(
        self, ready: Socket, payload: dict[str, Any], code: str
    ) -> None:
        await ready.send({"id": "a", "type": "subscribe", "payload": payload})

        message = await ready.receive()
        assert (message["id"], message["type"]) == ("a", "error")
        assert [error["extensions"]["code"] for error in message["payload"]] == [code]
        await ready.subscribe("a", "{ hello }")
        assert (await ready.receive())["type"] == "next"

    async def test_that_fail_by_a_bug_are_masked_errors(self, ready: Socket) -> None:
        with capture_logs() as log:
            await ready.subscribe("a", "{ odd }")
            message = await ready.receive()

        assert message["type"] == "error"
        [error] = message["payload"]
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert error["extensions"]["requestId"] in error["message"]
        assert [line["event"] for line in log].count("operation_failed") == 1
        await ready.subscribe("a", "{ hello }")
        assert (await ready.receive())["type"] == "next"

    async def test_with_the_id_of_a_running_one_close_with_4409(
        self, ready: Socket, platform: FakePlatform
    ) -> None:
        await ready.subscribe("a", "subscription { ticks }")
        await ready.receive()
        await ready.subscribe("a", "{ hello }")

        assert await ready.closed() == (4409, "Subscriber for a already exists")
        await platform.streams.until(lambda streams: streams.closed == 1)

    async def test_may_have_an_id_longer_than_a_close_reason(self, ready: Socket) -> None:
        for _ in range(2):
            await ready.subscribe("é" * 200, "subscription { ticks }")

        code, reason = await ready.closed()
        assert code == 4409
        assert len(reason.encode()) <= 123

    async def test_may_reuse_the_id_of_an_ended_one(self, ready: Socket) -> None:
        for _ in range(50):
            await ready.subscribe("a", "{ hello }")
            assert (await ready.receive())["type"] == "next"
            assert await ready.receive() == {"id": "a", "type": "complete"}

    async def test_end_when_the_client_completes_them(
        self, ready: Socket, platform: FakePlatform
    ) -> None:
        await ready.subscribe("a", "subscription { ticks }")
        await ready.receive()

        await ready.send({"id": "a", "type": "complete"})

        await platform.streams.until(lambda streams: streams.closed == 1)
        await ready.subscribe("a", "{ hello }")
        assert (await ready.receive())["payload"] == {"data": {"hello": "world"}}

    async def test_send_no_result_once_completed(
        self, ready: Socket, platform: FakePlatform
    ) -> None:
        await ready.subscribe("a", "{ waits }")
        await platform.streams.until(lambda streams: streams.opened == 1)

        await ready.send({"id": "a", "type": "complete"})
        await platform.streams.until(lambda streams: streams.closed == 1)
        platform.streams.release.set()

        await ready.send({"type": "ping"})
        assert await ready.receive() == {"type": "pong"}

    async def test_run_side_by_side(self, ready: Socket, platform: FakePlatform) -> None:
        await ready.subscribe("slow", "{ waits }")
        await ready.subscribe("quick", "{ hello }")

        assert (await ready.receive())["id"] == "quick"
        assert (await ready.receive())["id"] == "quick"
        platform.streams.release.set()
        assert (await ready.receive())["id"] == "slow"

    async def test_have_request_ids_of_their_own(
        self, server: QuietServer, open_socket: Open, platform: FakePlatform
    ) -> None:
        async with open_socket(server, additional_headers={"X-Request-Id": "s1"}) as socket:
            await socket.init()
            for operation_id in ("a", "b"):
                await socket.subscribe(operation_id, "{ hello }")
                await socket.receive()
                await socket.receive()

        assert [context.request_id for context in platform.contexts] == ["s1.1", "s1.2"]

    async def test_over_the_limit_are_refused_one_by_one(
        self, make_app: MakeApp, serve: Serve, open_socket: Open, platform: FakePlatform
    ) -> None:
        server = await serve(make_app(**limited(operations_max=2)))
        async with open_socket(server) as socket:
            await socket.init()
            for operation_id in ("a", "b"):
                await socket.subscribe(operation_id, "{ waits }")
            await platform.streams.until(lambda streams: streams.opened == 2)

            await socket.subscribe("c", "{ hello }")
            refused = await socket.receive()
            platform.streams.release.set()
            ended = [await socket.receive() for _ in range(4)]
            await socket.subscribe("c", "{ hello }")

            assert (refused["id"], refused["type"]) == ("c", "error")
            assert refused["payload"][0]["extensions"] == {"code": "RATE_LIMITED"}
            assert [message["type"] for message in ended].count("complete") == 2
            assert (await socket.receive())["payload"] == {"data": {"hello": "world"}}

    async def test_are_20_at_most_by_default(self, ready: Socket, platform: FakePlatform) -> None:
        for number in range(21):
            await ready.subscribe(str(number), "{ waits }")

        message = await ready.receive()
        assert (message["id"], message["type"]) == ("20", "error")
        await platform.streams.until(lambda streams: streams.opened == 20)


class TestEnd:
    async def test_of_the_connection_ends_all_operations(
        self, server: QuietServer, open_socket: Open, platform: FakePlatform
    ) -> None:
        async with open_socket(server) as socket:
            await socket.init()
            await socket.subscribe("a", "subscription { ticks }")
            await socket.subscribe("b", "{ waits }")
            await platform.streams.until(lambda streams: streams.opened == 2)

        await platform.streams.until(lambda streams: streams.closed == 2)

    async def test_of_a_client_that_vanished_ends_all_operations(
        self, server: QuietServer, open_socket: Open, platform: FakePlatform
    ) -> None:
        async with open_socket(server) as socket:
            await socket.init()
            await socket.subscribe("a", "subscription { ticks }")
            await socket.receive()

            socket.connection.transport.abort()

            await platform.streams.until(lambda streams: streams.closed == 1)

    async def test_leaves_no_task_behind(
        self, server: QuietServer, open_socket: Open, platform: FakePlatform
    ) -> None:
        before = asyncio.all_tasks()
        async with open_socket(server) as socket:
            await socket.init({"authToken": "amara-token"})
            await socket.subscribe("a", "subscription { ticks }")
            await socket.receive()
            await socket.send([])
            await socket.closed()

        assert await eventually(lambda: not asyncio.all_tasks() - before)
        assert platform.presence.online == []

    async def test_of_the_server_closes_with_1012_and_completes_nothing(
        self, server: QuietServer, open_socket: Open, platform: FakePlatform
    ) -> None:
        async with open_socket(server) as socket:
            await socket.init()
            await socket.subscribe("a", "subscription { ticks }")
            assert (await socket.receive())["type"] == "next"

            server.should_exit = True

            async with asyncio.timeout(PATIENCE_SECONDS):
                with pytest.raises(ConnectionClosed) as closing:
                    await socket.connection.recv()
        assert closing.value.rcvd is not None
        assert closing.value.rcvd.code == 1012
        await platform.streams.until(lambda streams: streams.closed == 1)

    async def test_may_be_ordered_for_all_sockets(
        self, make_app: MakeApp, serve: Serve, open_socket: Open, platform: FakePlatform
    ) -> None:
        app = make_app()
        server = await serve(app)
        async with open_socket(server) as first, open_socket(server) as second:
            await first.init()
            await first.subscribe("a", "subscription { ticks }")
            await first.receive()
            await second.send({"type": "ping"})
            await second.receive()

            for _ in range(2):
                await app.state.sockets.close_all(1012, "The server restarts", within_seconds=2)

            assert len(app.state.sockets) == 0
            assert await first.closed() == (1012, "The server restarts")
            assert await second.closed() == (1012, "The server restarts")
        assert platform.streams.closed == 1

    async def test_by_a_bug_closes_with_1011_and_is_logged_once(
        self, socket: Socket, platform: FakePlatform
    ) -> None:
        async def explode(_: str) -> None:
            raise RuntimeError("marker-41")

        platform.presence.mark = explode  # type: ignore[method-assign]
        with capture_logs() as log:
            await socket.init()

            assert await socket.closed() == (1011, "Something went wrong on our side")
        assert [line["event"] for line in log].count("socket_failed") == 1


class TestHeartbeat:
    async def test_pings_and_counts_the_client_as_online(
        self, make_app: MakeApp, serve: Serve, open_socket: Open, platform: FakePlatform
    ) -> None:
        server = await serve(make_app(**limited(heartbeat_seconds=0.1)))
        async with open_socket(server) as socket:
            await socket.init({"authToken": "amara-token"})

            for _ in range(4):
                assert await socket.receive() == {"type": "ping"}
                await socket.send({"type": "pong"})

        assert platform.presence.marks[:4] == [str(AMARA)] * 4

    async def test_closes_after_two_missed_pongs(
        self, make_app: MakeApp, serve: Serve, open_socket: Open
    ) -> None:
        server = await serve(make_app(**limited(heartbeat_seconds=0.05)))
        async with open_socket(server) as socket:
            await socket.init()

            assert await socket.receive() == {"type": "ping"}
            assert await socket.receive() == {"type": "ping"}
            assert await socket.closed() == (4408, "No pong")

    async def test_forgets_missed_pongs_once_one_comes(
        self, make_app: MakeApp, serve: Serve, open_socket: Open
    ) -> None:
        server = await serve(make_app(**limited(heartbeat_seconds=0.3)))
        async with open_socket(server) as socket:
            await socket.init()

            for _ in range(2):
                assert await socket.receive() == {"type": "ping"}
                assert await socket.receive() == {"type": "ping"}
                await socket.send({"type": "pong"})


class TestPresence:
    async def test_begins_with_init_and_ends_with_the_connection(
        self, server: QuietServer, open_socket: Open, platform: FakePlatform
    ) -> None:
        async with open_socket(server) as socket:
            await socket.send({"type": "ping"})
            await socket.receive()
            assert platform.presence.marks == []
            await socket.init({"authToken": "amara-token"})
            await platform.presence.until(lambda online: online == [str(AMARA)])

        await platform.presence.until(lambda online: online == [])

    async def test_tells_anonymous_visitors_apart(
        self, server: QuietServer, open_socket: Open, platform: FakePlatform
    ) -> None:
        async with open_socket(server) as first, open_socket(server) as second:
            await first.init()
            await second.init()

            await platform.presence.until(lambda online: len(online) == 2)

    async def test_lasts_until_the_last_connection_of_a_person(
        self, server: QuietServer, open_socket: Open, platform: FakePlatform
    ) -> None:
        async with open_socket(server) as first:
            await first.init({"authToken": "amara-token"})
            async with open_socket(server) as second:
                await second.init({"authToken": "amara-token"})
                await platform.presence.until(lambda _: len(platform.presence.marks) == 2)
            await first.send({"type": "ping"})
            await first.receive()
            assert platform.presence.online == [str(AMARA)]

        await platform.presence.until(lambda online: online == [])


class TestSlowReader:
    SIZE = 100_000

    async def test_slows_its_own_stream_down(
        self, server: QuietServer, open_socket: Open, platform: FakePlatform
    ) -> None:
        async with open_socket(server, max_queue=1) as socket:
            await socket.init()
            await socket.subscribe("a", f"subscription {{ flood(size: {self.SIZE}) }}")

            produced = await steady(platform)

            # What fits into the buffers of two sockets and a transport: far from an endless stream.
            assert produced * self.SIZE < 20_000_000
            for _ in range(produced + 5):
                assert (await socket.receive())["type"] == "next"
            assert platform.streams.produced > produced
            socket.connection.transport.abort()

    async def test_is_cut_off_when_it_stops_reading(
        self, make_app: MakeApp, serve: Serve, open_socket: Open, platform: FakePlatform
    ) -> None:
        app = make_app(**limited(heartbeat_seconds=0.1, close_seconds=0.1))
        server = await serve(app)
        async with open_socket(server, max_queue=1) as socket:
            await socket.init()
            await socket.subscribe("a", f"subscription {{ flood(size: {self.SIZE}) }}")

            await platform.streams.until(lambda streams: streams.closed == 1)

            assert await eventually(lambda: len(app.state.sockets) == 0)
            socket.connection.transport.abort()


async def eventually(condition: Callable[[], bool]) -> bool:
    """Whether something without an event to wait for becomes true in time."""
    for _ in range(500):
        if condition():
            return True
        await asyncio.sleep(0.01)
    return False


async def steady(platform: FakePlatform) -> int:
    """How many events the source was asked for, once it is asked for no more."""
    await platform.streams.until(lambda streams: streams.produced > 0)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            produced = platform.streams.produced
            platform.streams.changed.clear()
            try:
                async with asyncio.timeout(0.2):
                    await platform.streams.changed.wait()
            except TimeoutError:
                return produced
