"""Orders in whatever is done with them, in whatever order and at once: the books are right."""

import asyncio
import os
from collections import Counter
from decimal import Decimal
from random import Random

import pytest

from core.errors import DomainError
from models.tables import OrderAction, OrderParty, OrderState
from services.ledger import InsufficientFunds, RefundTooLarge
from services.marketplace.orders.clock import move_overdue_orders
from services.marketplace.orders.refusals import WrongOrderState
from services.marketplace.orders.states import available_actions
from tests.services.marketplace.orders.shop import COMMANDS, PRICE

SEEDS = int(os.environ.get("AZORA_ORDER_SEEDS", "2"))
STEPS = int(os.environ.get("AZORA_ORDER_STEPS", "400"))
AT_ONCE_MAX = 3
RECENT = 5
FUNDS_MORE = 100_000
PEOPLE = ("buyer", "seller", "support")


class Play:
    """Buyer, seller, support and clock do what they like with some orders."""

    def __init__(self, shop, seed):
        self.shop = shop
        self.random = Random(seed)  # noqa: S311  # reproducible
        self.orders = []
        self.tally = Counter()

    async def begin(self):
        await self.shop.make.azr(self.shop.buyer, FUNDS_MORE)
        self.orders = [(await self.shop.place()).order_id for _ in range(4)]

    async def step(self):
        """Several at once, of which most meet at the same order."""
        if self.random.random() < 0.5:
            self.orders.append((await self.shop.place()).order_id)
            self.tally["place"] += 1
        chosen = self.random.choice(self.orders[-RECENT:])
        doing = [self.something(chosen) for _ in range(self.random.randint(1, AT_ONCE_MAX))]
        for answer in await asyncio.gather(*doing, return_exceptions=True):
            if isinstance(answer, DomainError):
                assert isinstance(answer, WrongOrderState | RefundTooLarge | InsufficientFunds)
                self.tally[answer.code] += 1
            elif isinstance(answer, Exception):
                raise answer

    async def something(self, order_id):
        if self.random.random() < 0.1:
            return await self.tick(order_id)
        who, action = await self.choice(order_id)
        values = {}
        if action == "resolve_dispute":
            values = {"refund_azr": self.random.choice([Decimal(0), Decimal("7.000001"), PRICE])}
        if action == "refund":
            values = {"amount_azr": Decimal(self.random.randint(1, 30 * 10**8)).scaleb(-8)}
        done = await self.shop.act(who, action, order_id, **values)
        self.tally[action] += 1
        return done

    async def choice(self, order_id):
        """Mostly what is possible, as far as anybody knows at this moment."""
        state = OrderState((await self.shop.order(order_id)).state)
        possible = [
            (who, action.value)
            for who in PEOPLE
            for action in available_actions(OrderParty(who), state)
        ]
        if possible and self.random.random() < 0.7:
            return self.random.choice(possible)
        return self.random.choice(PEOPLE), self.random.choice(list(COMMANDS))

    async def tick(self, order_id):
        if (await self.shop.order(order_id)).deadline_at is not None:
            # Somebody may be about to move it, which is why a lost race is no failure.
            await self.shop.make_overdue(order_id)
            self.tally["tick"] += await move_overdue_orders(self.shop.stores)


class TestOrders:
    @pytest.mark.parametrize("seed", range(SEEDS))
    async def test_agree_with_the_ledger_after_every_step(self, shop, seed):
        play = Play(shop, seed)
        await play.begin()

        for number in range(STEPS):
            await play.step()
            if number % 10 == 0:
                assert await shop.contradictions() == []

        assert await shop.contradictions() == []
        assert sum(play.tally[each] for each in COMMANDS) > STEPS // 4
        assert min(play.tally["tick"], play.tally["ORDER_STATE"]) > 0

    def test_can_do_whatever_the_machine_knows(self):
        assert {*COMMANDS} | {"place", "pay", "expire", "complete"} == {*OrderAction}
        assert len(OrderState) == 9
