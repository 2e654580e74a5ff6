"""One connection by the protocol graphql-transport-ws, from its init to its end."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed

from services.auth.viewer import Viewer
from tests.tasks import our_tasks
from tests.web.sockets import (
    PATIENCE_SECONDS,
    Open,
    QuietServer,
    Serve,
    Socket,
    eventually,
    limited,
)
from tests.web.world import AMARA, AMARA_ID, FakePlatform, MakeApp, now


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
        before = our_tasks()
        async with open_socket(server) as socket:
            await socket.init({"authToken": "amara-token"})
            await socket.subscribe("a", "subscription { ticks }")
            await socket.receive()
            await socket.send([])
            await socket.closed()

        assert await eventually(lambda: not our_tasks() - before)
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
