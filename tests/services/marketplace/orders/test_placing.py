"""Buying a service."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from core.ids import new_id
from core.validation import InvalidInput
from models.tables import Service
from services.auth.viewer import AccountGone
from services.ledger import (
    AccountFrozen,
    IdempotencyMismatch,
    InsufficientFunds,
    PaymentToOneself,
    freeze_wallet,
)
from services.marketplace.listings import ServiceNotFound
from services.marketplace.orders.refusals import NotOnOffer, PriceChanged
from tests.services.marketplace.orders.shop import FUNDS, PRICE, fresh


class TestPlaceOrder:
    async def test_moves_the_price_into_escrow_and_tells_both_steps(self, shop):
        done = await shop.place(note="  By Friday,\nplease. ")

        order = await shop.order(done.order_id)
        events = await shop.history(done.order_id)
        assert (order.buyer_id, order.seller_id) == (shop.buyer.id, shop.seller.id)
        assert (order.service_id, order.service_name) == (shop.service.id, shop.service.name)
        assert (order.price_azr, order.commission_azr) == (PRICE, Decimal("6.00000015"))
        assert (order.state, order.note, order.version) == ("paid", "By Friday,\nplease.", 2)
        assert order.deadline_at - order.created_at == timedelta(days=3)
        assert [(each.action, each.from_state, each.to_state) for each in events] == [
            ("place", None, "created"),
            ("pay", "created", "paid"),
        ]
        assert await shop.balances() == (FUNDS - PRICE, 0)
        assert await shop.contradictions() == []

    async def test_again_with_the_same_key_answers_with_the_same_order(self, shop, make):
        key = fresh()
        first = await shop.place(idempotency_key=key)
        before = await make.contents()

        again = await shop.place(idempotency_key=key)

        assert (again.order_id, again.is_replay) == (first.order_id, True)
        assert await make.contents() == before

    async def test_is_a_replay_though_the_price_changed_meanwhile(self, shop, database):
        key = fresh()
        first = await shop.place(idempotency_key=key, expected_price_azr=PRICE)
        async with database.transaction() as session:
            service = await session.get_one(Service, shop.service.id)
            service.price_azr = Decimal(50)

        again = await shop.place(idempotency_key=key, expected_price_azr=PRICE)

        assert (again.order_id, again.is_replay) == (first.order_id, True)

    async def test_keeps_name_and_price_as_they_were(self, shop, database):
        done = await shop.place()
        async with database.transaction() as session:
            service = await session.get_one(Service, shop.service.id)
            service.name, service.price_azr = "Another", Decimal(50)

        order = await shop.order(done.order_id)

        assert (order.service_name, order.price_azr) == (shop.service.name, PRICE)

    async def test_refuses_another_request_with_the_same_key(self, shop, refused):
        key = fresh()
        await shop.place(idempotency_key=key)

        await refused(IdempotencyMismatch, shop.place(idempotency_key=key, note="Another."))

    async def test_refuses_another_price_than_the_buyer_expects(self, shop, refused):
        doing = shop.place(expected_price_azr=PRICE - 1)

        assert (await refused(PriceChanged, doing)).price_azr == PRICE

    async def test_refuses_a_buyer_who_has_too_little(self, shop, make, refused):
        poor = await make.user(azr_balance=Decimal(40))

        refusal = await refused(InsufficientFunds, shop.place(buyer_id=poor.id))

        assert (refusal.available_azr, refusal.required_azr) == (40, PRICE)

    async def test_refuses_a_frozen_wallet(self, shop, database, refused):
        async with database.transaction() as session:
            await freeze_wallet(session, shop.buyer.id)

        await refused(AccountFrozen, shop.place())

    async def test_refuses_ones_own_service(self, shop, make, refused):
        await make.azr(shop.seller, 100)

        await refused(PaymentToOneself, shop.place(buyer_id=shop.seller.id))

    @pytest.mark.parametrize("values", [{"state": "paused"}, {"price_azr": None}])
    async def test_refuses_what_is_not_on_offer(self, shop, make, refused, values):
        service = await make.service(shop.seller, **values)

        await refused(NotOnOffer, shop.place(service_id=service.id))

    async def test_refuses_what_is_not_there_and_whoever_is_not(self, shop, refused):
        await refused(ServiceNotFound, shop.place(service_id=new_id()))
        await refused(AccountGone, shop.place(buyer_id=new_id()))

    async def test_names_all_faults_at_once(self, shop, refused):
        doing = shop.place(note="A" * 2001, idempotency_key="short")

        refusal = await refused(InvalidInput, doing)

        assert [fault.field for fault in refusal.faults] == ["note", "idempotencyKey"]

    async def test_sells_as_often_as_the_wallet_reaches(self, shop, make):
        buyer = await make.user(azr_balance=3 * PRICE)

        answers = await asyncio.gather(
            *(shop.place(buyer_id=buyer.id) for _ in range(12)), return_exceptions=True
        )

        refusals = [each for each in answers if isinstance(each, Exception)]
        assert {type(each) for each in refusals} == {InsufficientFunds}
        assert len(refusals) == 9
        assert await shop.contradictions() == []

    async def test_happens_once_though_it_is_sent_many_times_at_once(self, shop):
        key = fresh()

        answers = await asyncio.gather(*(shop.place(idempotency_key=key) for _ in range(12)))

        assert len({each.order_id for each in answers}) == 1
        assert sum(each.is_replay for each in answers) == 11
        assert await shop.balances() == (FUNDS - PRICE, 0)


class TestHistory:
    @pytest.mark.parametrize("table", ["order_events", "order_evidence"])
    async def test_is_only_appended_to(self, shop, database, table):
        await shop.order_in("disputed")

        for statement in (f"UPDATE {table} SET order_id = order_id", f"DELETE FROM {table}"):
            with pytest.raises(Exception, match="is only appended to"):
                async with database.transaction() as session:
                    await session.execute(text(statement))
