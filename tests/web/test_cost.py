"""The limit of cost is the same whichever way an operation arrives."""

from typing import Any

import pytest

from tests.web.sockets import Open, Serve
from tests.web.world import GRAPHQL, ClientOf, MakeApp, make_graph

DEAR = "mutation { signIn }"
REFUSED = {
    "message": "The operation costs up to 10 points, and 9 are allowed. Ask for smaller pages"
    " (`first` or `last`), nest fewer lists, or send several operations.",
    "extensions": {"code": "COST_LIMIT_EXCEEDED"},
}


@pytest.fixture
def options() -> dict[str, Any]:
    return {"graph": make_graph(cost_max=9)}


class TestCost:
    @pytest.mark.parametrize(
        ("method", "request_"),
        [("POST", {"json": {"query": DEAR}}), ("GET", {"params": {"query": DEAR}})],
    )
    async def test_is_limited_over_http(
        self,
        make_app: MakeApp,
        client_of: ClientOf,
        options: dict[str, Any],
        method: str,
        request_: dict[str, Any],
    ) -> None:
        headers = {"Accept": GRAPHQL, "graphql-require-preflight": "1"}

        async with client_of(make_app(options=options)) as client:
            response = await client.request(method, "/graphql", headers=headers, **request_)

        assert response.status_code == 400
        assert response.json() == {"errors": [REFUSED]}
        assert "set-cookie" not in response.headers

    async def test_is_limited_over_websocket(
        self, make_app: MakeApp, serve: Serve, open_socket: Open, options: dict[str, Any]
    ) -> None:
        server = await serve(make_app(options=options))
        async with open_socket(server) as socket:
            await socket.init()
            await socket.subscribe("a", DEAR)

            assert await socket.receive() == {"id": "a", "type": "error", "payload": [REFUSED]}
