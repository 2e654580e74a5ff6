"""The disputes that wait for support."""

import pytest

from core.ids import encode_id
from models.tables import OrderState, Role
from tests.subgraphs.refusals import codes

DISPUTED = """query ($first: Int, $after: String, $last: Int) {
    disputedOrders(first: $first, after: $after, last: $last) {
        totalCount nodes { id state availableActions } pageInfo { hasNextPage endCursor } } }"""


@pytest.fixture
async def support(make):
    return make.viewer(await make.user(Role.SUPPORT))


@pytest.fixture
async def disputed(make):
    """The ids of three disputed orders, oldest first, of which others are around."""
    service, buyer = await make.service(await make.user()), await make.user()
    orders = []
    for _ in range(3):
        await make.order(service, buyer, OrderState.COMPLETED)
        orders.append(await make.order(service, buyer, OrderState.DISPUTED))
    await make.order(service, buyer)
    return [encode_id("ord", order.id) for order in orders]


class TestDisputedOrders:
    async def test_are_all_that_wait_oldest_first(self, ask, support, disputed):
        found = (await ask(DISPUTED, support)).data["disputedOrders"]

        assert found["totalCount"] == 3
        assert [node["id"] for node in found["nodes"]] == disputed
        assert {node["state"] for node in found["nodes"]} == {"DISPUTED"}
        assert all("RESOLVE_DISPUTE" in node["availableActions"] for node in found["nodes"])

    async def test_come_page_by_page(self, ask, support, disputed):
        first = (await ask(DISPUTED, support, first=2)).data["disputedOrders"]
        after = first["pageInfo"]["endCursor"]
        second = (await ask(DISPUTED, support, first=2, after=after)).data["disputedOrders"]
        last = (await ask(DISPUTED, support, last=1)).data["disputedOrders"]

        assert [node["id"] for node in first["nodes"]] == disputed[:2]
        assert [node["id"] for node in second["nodes"]] == disputed[2:]
        assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (
            True,
            False,
        )
        assert [node["id"] for node in last["nodes"]] == disputed[2:]

    @pytest.mark.parametrize("size", [1, 3])
    async def test_take_one_statement(self, ask, support, disputed, statements, size):
        with statements.counting():
            found = await ask(
                "query ($size: Int) { disputedOrders(first: $size) { nodes { id state } } }",
                support,
                size=size,
            )

        assert len(found.data["disputedOrders"]["nodes"]) == size
        assert len(statements.sql) == 1

    async def test_are_hidden_from_everybody_else(self, ask, make, disputed):
        seller = make.viewer(await make.user(Role.SELLER))

        assert await codes(ask, DISPUTED, seller) == {"FORBIDDEN"}
