"""A service answers its gateway and nobody else, over HTTP and over WebSocket."""

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from graph.schema import SUBGRAPH_NAMES
from tests.gateway.deployment import CREDENTIAL, SDL_QUERY, SECRET
from tests.gateway.sides import Sides
from tests.gateway.sockets import socket_to

HEADER, *_ = CREDENTIAL
WRONG_SECRET = SECRET.upper()
REFERENCE = """
{ _entities(representations: [{ __typename: "User", id: "usr_00000000000000000000000000" }]) {
  __typename
} }
"""
NOT_FOR_THE_CLIENT = 4403

pytestmark = pytest.mark.parametrize("name", SUBGRAPH_NAMES)


@pytest.mark.parametrize("headers", [{}, {HEADER: ""}, {HEADER: WRONG_SECRET}])
@pytest.mark.parametrize("query", ["{ __typename }", SDL_QUERY, REFERENCE])
async def test_refuses_requests_without_the_credential(
    sides: Sides, name: str, headers: dict[str, str], query: str
) -> None:
    response = await sides.gateway.client.post(
        f"{sides.subgraph_origins[name]}/graphql", json={"query": query}, headers=headers
    )

    assert response.status_code == httpx2.codes.UNAUTHORIZED
    assert "data" not in response.json()


async def test_answers_with_the_credential(sides: Sides, name: str) -> None:
    response = await sides.gateway.client.post(
        f"{sides.subgraph_origins[name]}/graphql", json={"query": REFERENCE}, headers=CREDENTIAL
    )

    assert response.status_code == httpx2.codes.OK
    assert "_entities" in response.json()["data"]


async def test_refuses_a_socket_with_a_wrong_credential(sides: Sides, name: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with socket_to(sides.subgraph_origins[name], {HEADER: WRONG_SECRET}):
            pass

    assert refusal.value.response.status_code == httpx2.codes.UNAUTHORIZED


async def test_closes_a_socket_without_a_credential(sides: Sides, name: str) -> None:
    async with socket_to(sides.subgraph_origins[name]) as socket:
        with pytest.raises(ConnectionClosed) as closing:
            await socket.init({})

    assert closing.value.rcvd is not None
    assert closing.value.rcvd.code == NOT_FOR_THE_CLIENT
