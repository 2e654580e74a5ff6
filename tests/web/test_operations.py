"""The operations of one socket."""

import asyncio
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from resolvers.context import Platform
from services.auth.viewer import Viewer
from tests.web.sockets import (
    Open,
    QuietServer,
    Serve,
    Socket,
    eventually,
    limited,
    steady,
)
from tests.web.world import FakePlatform, MakeApp, make_graph, make_settings
from web.messages import Subscribe
from web.operations import Operations
from web.parameters import Parameters
from web.runtime import Runtime

HELLO = Subscribe("a", Parameters("{ hello }", None, {}))


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
            ({"query": "subscription { dries }"}, "FORBIDDEN"),
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

    async def test_may_still_end_its_stream(
        self, server: QuietServer, open_socket: Open, platform: FakePlatform
    ) -> None:
        async with open_socket(server, max_queue=1) as socket:
            await socket.init()
            await socket.subscribe("a", f"subscription {{ flood(size: {self.SIZE}) }}")
            await steady(platform)

            await socket.send({"id": "a", "type": "complete"})

            await platform.streams.until(lambda streams: streams.closed == 1)
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


class TestOrder:
    async def test_frees_an_id_before_the_client_learns_that_it_is_free(
        self, platform: FakePlatform
    ) -> None:
        runtime = Runtime(make_settings(), make_graph(), opened=cast("Platform", platform))
        sent: list[str] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message["type"])
            if sent.count("complete") == 1 and message["type"] == "complete":
                await operations.start(HELLO, Viewer.ANONYMOUS, within=tasks)

        operations = Operations(runtime, send, operations_max=2, socket_id="s")
        async with asyncio.TaskGroup() as tasks:
            await operations.start(HELLO, Viewer.ANONYMOUS, within=tasks)

        assert sent == ["next", "complete", "next", "complete"]

    async def test_counts_an_operation_until_its_last_message_is_out(
        self, platform: FakePlatform
    ) -> None:
        runtime = Runtime(make_settings(), make_graph(), opened=cast("Platform", platform))
        blocked, release = asyncio.Event(), asyncio.Event()
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            if message["type"] == "complete":
                blocked.set()
                await release.wait()

        operations = Operations(runtime, send, operations_max=1, socket_id="s")
        async with asyncio.TaskGroup() as tasks:
            await operations.start(HELLO, Viewer.ANONYMOUS, within=tasks)
            async with asyncio.timeout(5):
                await blocked.wait()

            await operations.start(HELLO, Viewer.ANONYMOUS, within=tasks)

            assert sent[-1]["type"] == "error"
            assert sent[-1]["payload"][0]["extensions"] == {"code": "RATE_LIMITED"}
            release.set()
