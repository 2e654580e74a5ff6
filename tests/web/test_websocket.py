"""The handshake of a WebSocket."""

import orjson
import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.web.sockets import (
    PROTOCOL,
    Open,
    QuietServer,
    Serve,
)
from tests.web.world import MakeApp

APP = "https://app.azora.example"


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
