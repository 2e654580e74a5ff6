"""What becomes of an order and its price, and what two do at once."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal

import pytest

from core.ids import new_id
from core.validation import InvalidInput
from models.topics import balance_topic, order_topic
from services.ledger import (
    IdempotencyMismatch,
    InsufficientFunds,
    Key,
    RefundTooLarge,
    burn,
    carry_out,
    post,
)
from services.marketplace.orders.commands import Evidence
from services.marketplace.orders.refusals import OrderNotFound, WrongOrderState
from tests.services.marketplace.orders.shop import FUNDS, PRICE, fresh

PATIENCE_SECONDS = 10
COMMISSION = Decimal("6.00000015")


async def share(shop, order_id):
    """Commission and refund of an order, and what buyer and seller have."""
    order = await shop.order(order_id)
    return order.commission_azr, order.refunded_azr, *await shop.balances()


class TestOrders:
    async def test_that_are_accepted_and_delivered_wait_for_the_other_side(self, shop):
        order_id = await shop.order_in("accepted")
        accepted = await shop.order(order_id)

        await shop.act("seller", "deliver", order_id, note="In your mail.")

        delivered, (*_, event) = await shop.order(order_id), await shop.history(order_id)
        assert accepted.deadline_at - accepted.updated_at == timedelta(days=14)
        assert delivered.deadline_at - delivered.updated_at == timedelta(days=7)
        assert (event.note, event.actor_id) == ("In your mail.", shop.seller.id)

    async def test_that_are_confirmed_pay_the_seller(self, shop):
        order_id = await shop.order_in("completed")

        order = await shop.order(order_id)
        paid = PRICE - COMMISSION
        assert await share(shop, order_id) == (COMMISSION, 0, FUNDS - PRICE, paid)
        assert (order.deadline_at, order.paid_out_at) == (None, order.updated_at)

    @pytest.mark.parametrize(
        ("state", "who", "action"),
        [
            ("paid", "seller", "decline"),
            ("paid", "buyer", "cancel"),
            ("accepted", "seller", "cancel"),
        ],
    )
    async def test_that_are_called_off_give_everything_back(self, shop, state, who, action):
        order_id = await shop.order_in(state)

        await shop.act(who, action, order_id, reason="No time.")

        order, (*_, event) = await shop.order(order_id), await shop.history(order_id)
        assert await share(shop, order_id) == (0, PRICE, FUNDS, 0)
        assert (order.state, order.paid_out_at) == ("cancelled", None)
        assert (event.note, event.refunded_azr) == ("No time.", PRICE)

    async def test_wake_their_listeners_and_those_of_the_balances_that_move(self, shop, hearing):
        order_id = await shop.order_in("delivered")
        owners = (shop.buyer.id, shop.seller.id)
        topics = [order_topic(order_id), *map(balance_topic, owners)]

        async with AsyncExitStack() as exits, asyncio.timeout(PATIENCE_SECONDS):
            heard = [await exits.enter_async_context(hearing.listen(topic)) for topic in topics]
            await shop.act("buyer", "confirm", order_id)
            for each in heard:
                await each.wait()

        assert (await shop.order(order_id)).state == "completed"

    async def test_answer_the_same_key_with_a_replay(self, shop, make, refused):
        order_id, key = await shop.order_in("delivered"), fresh()
        await shop.act("buyer", "confirm", order_id, idempotency_key=key)
        before = await make.contents()

        again = await shop.act("buyer", "confirm", order_id, idempotency_key=key)

        assert again.is_replay
        assert await make.contents() == before
        other = await shop.order_in("delivered")
        doing = shop.act("buyer", "confirm", other, idempotency_key=key)
        await refused(IdempotencyMismatch, doing)

    async def test_that_are_not_there_are_not_found(self, shop, refused):
        await refused(OrderNotFound, shop.act("buyer", "confirm", new_id()))


class TestDisputes:
    @pytest.mark.parametrize(
        ("refund", "state", "commission", "earned"),
        [
            (Decimal(0), "completed", COMMISSION, PRICE - COMMISSION),
            (PRICE, "refunded", 0, 0),
            (Decimal("10.000001"), "refunded", Decimal("4.5"), Decimal("25.5")),
        ],
    )
    async def test_are_settled_as_support_decides(self, shop, refund, state, commission, earned):
        order_id = await shop.order_in("disputed")

        await shop.act("support", "resolve_dispute", order_id, refund_azr=refund)

        order, (*_, event) = await shop.order(order_id), await shop.history(order_id)
        buyer = FUNDS - PRICE + refund
        assert await share(shop, order_id) == (commission, refund, buyer, earned)
        assert (order.state, order.paid_out_at is not None) == (state, earned > 0)
        assert (event.party, event.refunded_azr, event.note) == ("support", refund, "Seen.")

    async def test_keep_what_both_sides_put_forward(self, shop, make):
        order_id = await shop.order_in("delivered")
        pieces = (Evidence(" A text. "), Evidence("A picture.", "https://example.com/1.png"))

        await shop.act("buyer", "open_dispute", order_id, evidence=pieces)
        await shop.act("seller", "add_evidence", order_id)

        rows = [row[2:5] for row in (await make.contents())["order_evidence"]]
        assert sorted(rows, key=str) == sorted(
            [
                (shop.buyer.id, "A text.", None),
                (shop.buyer.id, "A picture.", "https://example.com/1.png"),
                (shop.seller.id, "A text.", None),
            ],
            key=str,
        )
        assert (await shop.order(order_id)).deadline_at is None

    async def test_are_settled_by_nobody_in_a_matter_of_their_own(self, shop, refused):
        order_id = await shop.order_in("disputed")
        shop.viewers["buyer"] = shop.make.viewer(shop.buyer.model_copy(update={"roles": ["admin"]}))

        await refused(WrongOrderState, shop.act("buyer", "resolve_dispute", order_id))

    @pytest.mark.parametrize(
        ("action", "who", "values", "fields"),
        [
            ("open_dispute", "buyer", {"reason": " "}, ["reason"]),
            (
                "open_dispute",
                "buyer",
                {"reason": "", "evidence": [Evidence("", "http://example.com")] * 11},
                ["reason", "evidence", *["text", "link"] * 10],
            ),
            ("add_evidence", "buyer", {"evidence": ()}, ["evidence"]),
            (
                "resolve_dispute",
                "support",
                {"refund_azr": Decimal("1.0000001"), "reason": "", "idempotency_key": "-"},
                ["reason", "refundAzr", "idempotencyKey"],
            ),
            ("resolve_dispute", "support", {"refund_azr": PRICE + 1}, ["refundAzr"]),
        ],
    )
    async def test_name_all_faults_at_once(self, shop, refused, action, who, values, fields):
        order_id = await shop.order_in("delivered" if action == "open_dispute" else "disputed")

        refusal = await refused(InvalidInput, shop.act(who, action, order_id, **values))

        assert [fault.field for fault in refusal.faults] == fields


class TestRefunds:
    async def test_return_commission_in_proportion_and_end_with_all_of_it(self, shop):
        order_id = await shop.order_in("completed")

        await shop.act("seller", "refund", order_id, amount_azr=Decimal(10))
        partly, balances = await shop.order(order_id), await shop.balances()
        await shop.act("seller", "refund", order_id, amount_azr=PRICE - 10)

        whole = await shop.order(order_id)
        returned = Decimal("1.5")
        assert (partly.state, partly.refunded_azr) == ("completed", 10)
        assert partly.commission_azr == COMMISSION - returned
        assert balances == (FUNDS - PRICE + 10, PRICE - COMMISSION - 10 + returned)
        assert (whole.state, whole.refunded_azr, whole.commission_azr) == ("refunded", PRICE, 0)
        assert await shop.balances() == (FUNDS, 0)
        assert await shop.contradictions() == []

    async def test_are_refused_beyond_what_was_paid(self, shop, refused):
        order_id = await shop.order_in("completed")
        await shop.act("seller", "refund", order_id, amount_azr=Decimal(10))

        doing = shop.act("seller", "refund", order_id, amount_azr=PRICE)

        refusal = await refused(RefundTooLarge, doing)
        assert (refusal.available_azr, refusal.required_azr) == (PRICE - 10, PRICE)

    async def test_are_refused_to_a_seller_who_spent_it(self, shop, database, refused):
        order_id = await shop.order_in("completed")
        spent = burn(user_id=shop.seller.id, amount_azr=Decimal(30), actor_id=None)
        await carry_out(database, lambda each: post(each, spent, key=Key("tests", fresh())))

        await refused(InsufficientFunds, shop.act("seller", "refund", order_id, amount_azr=PRICE))

    async def test_of_nothing_are_refused(self, shop, refused):
        order_id = await shop.order_in("completed")

        doing = shop.act("seller", "refund", order_id, amount_azr=Decimal(0))

        refusal = await refused(InvalidInput, doing)
        assert [fault.field for fault in refusal.faults] == ["amountAzr"]


class TestTwoAtOnce:
    @pytest.mark.parametrize(
        ("state", "rivals"),
        [
            ("paid", [("seller", "accept"), ("buyer", "cancel"), ("seller", "decline")]),
            ("accepted", [("seller", "deliver"), ("seller", "cancel")]),
            ("accepted", [("buyer", "open_dispute"), ("seller", "cancel")]),
            ("delivered", [("buyer", "confirm"), ("buyer", "open_dispute")]),
            ("delivered", [("buyer", "confirm")] * 8),
            ("disputed", [("support", "resolve_dispute")] * 8),
        ],
    )
    async def test_have_one_winner(self, shop, state, rivals):
        order_id = await shop.order_in(state)

        answers = await asyncio.gather(
            *(shop.act(who, action, order_id) for who, action in rivals), return_exceptions=True
        )

        lost = [each for each in answers if isinstance(each, Exception)]
        assert len(lost) == len(rivals) - 1
        assert {type(each) for each in lost} == {WrongOrderState}
        assert await shop.contradictions() == []

    async def test_refund_no_more_than_was_paid(self, shop, database):
        order_id = await shop.order_in("completed")

        answers = await asyncio.gather(
            *(shop.act("seller", "refund", order_id, amount_azr=Decimal(15)) for _ in range(6)),
            return_exceptions=True,
        )

        refusals = [each for each in answers if isinstance(each, Exception)]
        assert {type(each) for each in refusals} == {RefundTooLarge}
        assert len(refusals) == 4
        assert (await shop.order(order_id)).refunded_azr == 30
        assert await shop.contradictions() == []


class TestBooks:
    @pytest.mark.parametrize(
        "damage",
        [
            "UPDATE orders SET refunded_azr = refunded_azr + 1, commission_azr = 0",
            "UPDATE orders SET commission_azr = commission_azr - 1",
            "UPDATE orders SET state = 'disputed', deadline_at = NULL, paid_out_at = NULL",
            "UPDATE orders SET version = version + 1",
            "UPDATE orders SET paid_out_at = NULL",
        ],
    )
    async def test_show_an_order_that_says_other_than_the_ledger(self, shop, database, damage):
        order_id = await shop.order_in("completed")
        assert await shop.contradictions() == []

        async with database.transaction() as session:
            await (await session.connection()).exec_driver_sql(damage)

        assert [row.id for row in await shop.contradictions()] == [order_id]
