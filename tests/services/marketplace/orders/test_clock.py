"""What the clock does with orders whose deadline is over."""

import asyncio
from decimal import Decimal

import pytest

from services.ledger import Key, burn, carry_out, post
from services.marketplace.orders import clock
from services.marketplace.orders.clock import move_overdue_orders
from services.marketplace.orders.refusals import WrongOrderState
from tests.services.marketplace.orders.shop import FUNDS, PRICE, fresh

WALLET_MAX = Decimal("9999999999.99999999")


class TestMoveOverdueOrders:
    @pytest.mark.parametrize(
        ("state", "action", "becomes"),
        [
            ("paid", "expire", "expired"),
            ("accepted", "expire", "expired"),
            ("delivered", "complete", "completed"),
        ],
    )
    async def test_does_what_the_deadline_was_for(self, shop, stores, state, action, becomes):
        order_id = await shop.order_in(state)
        await shop.make_overdue(order_id)

        assert await move_overdue_orders(stores) == 1

        order, (*_, event) = await shop.order(order_id), await shop.history(order_id)
        assert (order.state, order.deadline_at) == (becomes, None)
        assert (event.action, event.party, event.actor_id) == (action, "clock", None)
        earned = PRICE - order.commission_azr if becomes == "completed" else 0
        assert await shop.balances() == (FUNDS - PRICE if earned else FUNDS, earned)
        assert await shop.contradictions() == []

    @pytest.mark.parametrize("state", ["paid", "accepted", "delivered", "disputed", "completed"])
    async def test_leaves_others_as_they_are(self, shop, stores, make, state):
        await shop.order_in(state)
        before = await make.contents()

        assert await move_overdue_orders(stores) == 0

        assert await make.contents() == before

    async def test_moves_each_once_though_it_runs_many_times_at_once(self, shop, stores):
        for _ in range(5):
            await shop.make_overdue(await shop.order_in("paid"))

        moved = await asyncio.gather(*(move_overdue_orders(stores) for _ in range(4)))

        assert sum(moved) == 5
        assert await shop.balances() == (FUNDS, 0)
        assert await shop.contradictions() == []

    async def test_leaves_an_order_to_whoever_moves_it_at_this_moment(self, shop, stores):
        order_id = await shop.order_in("delivered")
        await shop.make_overdue(order_id)

        moved, answer = await asyncio.gather(
            move_overdue_orders(stores),
            shop.act("buyer", "confirm", order_id),
            return_exceptions=True,
        )

        assert (moved, type(answer)) in [(0, type(answer)), (1, WrongOrderState)]
        assert (await shop.order(order_id)).state == "completed"
        assert await shop.contradictions() == []

    async def test_moves_a_bounded_number_those_that_wait_longest_first(
        self, shop, stores, monkeypatch
    ):
        orders = [await shop.order_in("paid") for _ in range(3)]
        for order_id in orders:
            await shop.make_overdue(order_id)
        monkeypatch.setattr(clock, "ORDERS_AT_ONCE_MAX", 2)

        assert await move_overdue_orders(stores) == 2

        states = [(await shop.order(each)).state for each in orders]
        assert states == ["expired", "expired", "paid"]

    async def test_tries_one_that_the_ledger_refuses_again_later(self, shop, stores, make):
        stuck, other = await shop.order_in("delivered"), await shop.order_in("paid")
        await make.azr(shop.seller, WALLET_MAX)
        for order_id in (stuck, other):
            await shop.make_overdue(order_id)

        assert await move_overdue_orders(stores) == 1

        order = await shop.order(stuck)
        assert order.state == "delivered"
        assert await move_overdue_orders(stores) == 0
        spent = burn(user_id=shop.seller.id, amount_azr=PRICE, actor_id=None)
        await carry_out(stores.database, lambda each: post(each, spent, key=Key("tests", fresh())))
        await shop.make_overdue(stuck)
        assert await move_overdue_orders(stores) == 1
        assert (await shop.order(stuck)).state == "completed"
        assert await shop.contradictions() == []
