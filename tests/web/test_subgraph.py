"""A subgraph served on its own: for its gateway, and for nobody else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from core.settings import SettingsError
from tests.web.sockets import QuietServer
from tests.web.world import AMARA, GATEWAY_SECRET, Client, ClientOf, FakePlatform, MakeApp
from web.app import create_subgraph_app

HEADER = "X-Azora-Gateway-Secret"
WRONG = ["", "wrong", GATEWAY_SECRET[:-1], f"{GATEWAY_SECRET}x", GATEWAY_SECRET.upper()]


@pytest.fixture
def app(make_app: MakeApp) -> Starlette:
    return make_app(build=create_subgraph_app, gateway_secret=GATEWAY_SECRET)


@pytest.fixture
async def client(app: Starlette, client_of: ClientOf) -> AsyncIterator[Client]:
    async with client_of(app) as client:
        yield client


class TestHTTP:
    async def test_serves_the_gateway(self, client: Client) -> None:
        response = await client.post(
            "/graphql",
            json={"query": "{ hello viewer }"},
            headers={HEADER: GATEWAY_SECRET, "Authorization": "Bearer amara-token"},
        )

        assert response.status_code == 200
        assert response.json() == {"data": {"hello": "world", "viewer": str(AMARA)}}

    @pytest.mark.parametrize("secret", [None, *WRONG])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_refuses_everyone_else_and_runs_nothing(
        self, client: Client, platform: FakePlatform, method: str, secret: str | None
    ) -> None:
        response = await client.request(
            method,
            "/graphql?query=%7Bhello%7D",
            json={"query": "{ hello }"},
            headers={} if secret is None else {HEADER: secret},
        )

        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "AzoraGateway"
        [error] = response.json()["errors"]
        assert error["extensions"] == {"code": "UNAUTHENTICATED"}
        assert platform.contexts == []

    async def test_refuses_a_secret_that_is_sent_twice(self, client: Client) -> None:
        response = await client.post(
            "/graphql",
            json={"query": "{ hello }"},
            headers=[(HEADER, GATEWAY_SECRET), (HEADER, GATEWAY_SECRET)],
        )

        assert response.status_code == 401

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/version"])
    async def test_tells_its_health_to_all(self, client: Client, path: str) -> None:
        assert (await client.get(path)).status_code == 200

    @pytest.mark.parametrize("path", ["/graphiql", "/graphiql/", "/graphiql/people"])
    async def test_has_no_page(self, client: Client, path: str) -> None:
        response = await client.get(path)

        assert response.status_code == 404

    async def test_sends_no_browser_to_a_page(self, client: Client) -> None:
        response = await client.get("/graphql", headers={"Accept": "text/html"})

        assert response.status_code == 406

    def test_does_not_start_without_a_secret(self, make_app: MakeApp) -> None:
        with pytest.raises(SettingsError, match="AZORA_GATEWAY_SECRET"):
            make_app(build=create_subgraph_app)


class TestWebSocket:
    @pytest.fixture
    async def server(
        self, app: Starlette, serve: Callable[[Starlette], Awaitable[QuietServer]]
    ) -> QuietServer:
        return await serve(app)

    @staticmethod
    def connection(server: QuietServer, **headers: str) -> connect:
        return connect(
            f"ws://{server.address}/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            additional_headers=headers,
        )

    @staticmethod
    async def init(connection: Any, payload: dict[str, Any]) -> dict[str, Any]:
        message = {"type": "connection_init", "payload": payload}
        await connection.send(orjson.dumps(message).decode())
        async with asyncio.timeout(5):
            return orjson.loads(await connection.recv())

    async def test_serves_a_gateway_known_by_its_header(self, server: QuietServer) -> None:
        async with self.connection(server, **{HEADER: GATEWAY_SECRET}) as connection:
            assert (await self.init(connection, {}))["type"] == "connection_ack"

    async def test_serves_a_gateway_known_by_its_init(self, server: QuietServer) -> None:
        async with self.connection(server) as connection:
            answer = await self.init(connection, {"gatewaySecret": GATEWAY_SECRET})
            assert answer["type"] == "connection_ack"

    @pytest.mark.parametrize("secret", WRONG)
    async def test_refuses_a_wrong_header_at_the_handshake(
        self, server: QuietServer, secret: str
    ) -> None:
        with pytest.raises(InvalidStatus) as refusal:
            async with self.connection(server, **{HEADER: secret}):
                pass

        assert refusal.value.response.status_code == 401

    @pytest.mark.parametrize(
        "payload",
        [{}, {"gatewaySecret": None}, {"gatewaySecret": 5}, {"gatewaySecret": "é"}]
        + [{"gatewaySecret": secret} for secret in WRONG],
    )
    async def test_closes_with_4403_for_a_wrong_init(
        self, server: QuietServer, payload: dict[str, Any]
    ) -> None:
        async with self.connection(server) as connection:
            with pytest.raises(ConnectionClosed) as closing:
                await self.init(connection, payload)

        assert closing.value.rcvd is not None
        assert closing.value.rcvd.code == 4403
