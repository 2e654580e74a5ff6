"""Refunds and disputes: AZR goes back with the money, exactly."""

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.ids import new_id
from models.tables import AdjustmentKind, PaymentReturn, PaymentState, ProviderName, Role
from services.audit import Actor
from services.ledger import Key, carry_out, post, transfer
from services.tokens.adjustments import approve_adjustment, propose_settlement
from services.tokens.shortfalls import SettlementTooLarge
from tests.services.payments.buying import balance, bought, buy, is_frozen

STRIPE, PAYSTACK = ProviderName.STRIPE, ProviderName.PAYSTACK
WIRES = pytest.mark.parametrize("provider", [STRIPE, PAYSTACK])


async def give_away(shop, sender, recipient, amount):
    moving = transfer(sender_id=sender.id, recipient_id=recipient.id, amount_azr=Decimal(amount))
    key = Key("tests", new_id().hex)
    await carry_out(shop.stores.database, lambda session: post(session, moving, key=key))


async def refund(shop, payment, cents):
    """Refund a part, as somebody does in the provider's own pages."""
    if payment.provider == PAYSTACK:
        answer = await shop.asked("/refund", transaction=str(payment.id), amount=cents)
    else:
        intent = payment.charge_reference
        answer = await shop.asked("/v1/refunds", payment_intent=intent, amount=cents)
    assert answer.status_code == 200
    await shop.deliver(ProviderName(payment.provider))


class TestRefunds:
    @WIRES
    async def test_take_azr_back_in_proportion_and_all_of_it_in_the_end(self, shop, make, provider):
        user = await make.user()
        payment = await bought(shop, user, amount="40.00000001", provider=provider)
        assert payment.amount_cents == 201

        left, states = [], []
        for cents in (100, 1, 100):
            await refund(shop, payment, cents)
            left.append(await balance(shop, user))
            states.append((await shop.payment(payment.id)).state)

        assert left == [Decimal("20.09950249"), Decimal("19.90049752"), 0]
        assert states == ["paid", "paid", "refunded"]

    async def test_that_come_before_their_payment_wait_for_it(self, shop, make):
        user = await make.user()
        payment, _ = await buy(shop, user)
        await shop.press(payment.checkout_url, "pay")
        await shop.press(payment.checkout_url, "refund")
        paid, refunded = shop.undelivered()

        await shop.arrive(STRIPE, refunded)
        assert (await shop.outcomes(), await balance(shop, user)) == ([None], 0)
        await shop.arrive(STRIPE, paid)
        assert await balance(shop, user) == 40
        await shop.apply_all()

        assert (await shop.outcomes(), await balance(shop, user)) == (["applied", "applied"], 0)

    @WIRES
    async def test_leave_in_suspense_what_was_spent(self, shop, make, provider):
        user, other = await make.user(), await make.user()
        payment = await bought(shop, user, provider=provider)
        await give_away(shop, user, other, 30)

        await shop.press(payment.checkout_url, "refund")
        await shop.deliver(provider)

        assert await balance(shop, user, wrong=("I16",)) == 0
        assert (await shop.payment(payment.id)).state == PaymentState.REFUNDED

    async def test_of_a_payment_take_back_once_whatever_races(self, shop, make):
        user = await make.user()
        payment = await bought(shop, user)
        await shop.press(payment.checkout_url, "refund")
        [body] = shop.undelivered()
        again = body.replace(b"refund.created", b"refund.updated").replace(b'"evt_', b'"evt_2')

        await asyncio.gather(*(shop.arrive(STRIPE, each) for each in [body, again] * 5))
        await shop.apply_all()

        assert await balance(shop, user) == 0
        assert sorted(await shop.outcomes()) == ["applied", "applied", "known"]

    async def test_that_fail_afterwards_give_back(self, shop, make):
        user = await make.user()
        payment = await bought(shop, user)
        await shop.press(payment.checkout_url, "refund")
        [body] = shop.undelivered()
        failed = body.replace(b"refund.created", b"refund.failed").replace(b'"evt_', b'"evt_2')

        await shop.arrive(STRIPE, body)
        await shop.arrive(STRIPE, failed.replace(b'"succeeded"', b'"failed"'))

        assert await balance(shop, user) == 40
        returned = await shop.payment(payment.id)
        assert (returned.state, returned.returned_cents) == ("paid", 0)


class TestDisputes:
    @WIRES
    async def test_take_azr_back_and_freeze_the_wallet(self, shop, make, provider):
        user = await make.user()
        payment = await bought(shop, user, provider=provider)

        await shop.press(payment.checkout_url, "dispute")
        await shop.deliver(provider)

        assert (await balance(shop, user), await is_frozen(shop, user)) == (0, True)
        assert (await shop.payment(payment.id)).state == PaymentState.DISPUTED

    @WIRES
    async def test_that_are_won_undo_that(self, shop, make, provider):
        user, other = await make.user(), await make.user()
        payment = await bought(shop, user, provider=provider)
        await give_away(shop, user, other, 15)
        await shop.press(payment.checkout_url, "dispute")
        await shop.press(payment.checkout_url, "win")

        await shop.deliver(provider)

        assert (await balance(shop, user), await is_frozen(shop, user)) == (25, False)
        assert (await shop.payment(payment.id)).state == PaymentState.PAID

    @WIRES
    async def test_that_are_lost_leave_it_so(self, shop, make, provider):
        user = await make.user()
        payment = await bought(shop, user, provider=provider)
        await shop.press(payment.checkout_url, "dispute")
        await shop.press(payment.checkout_url, "lose")

        await shop.deliver(provider)

        assert (await balance(shop, user), await is_frozen(shop, user)) == (0, True)
        assert (await shop.payment(payment.id)).state == PaymentState.DISPUTED
        assert await shop.outcomes() == ["applied"] * 3

    async def test_keep_the_wallet_frozen_until_the_last_is_won(self, shop, make):
        user = await make.user()
        payments = [await bought(shop, user, key=f"key-number-{n}") for n in range(2)]
        for payment in payments:
            await shop.press(payment.checkout_url, "dispute")
        await shop.deliver()

        frozen = []
        for payment in payments:
            await shop.press(payment.checkout_url, "win")
            await shop.deliver()
            frozen.append(await is_frozen(shop, user))

        assert frozen == [True, False]
        assert await balance(shop, user) == 80

    async def test_after_a_refund_take_what_is_left(self, shop, make):
        user = await make.user()
        payment = await bought(shop, user)
        await refund(shop, payment, 50)
        assert await balance(shop, user) == 30

        await shop.press(payment.checkout_url, "dispute")
        await shop.deliver()

        assert await balance(shop, user) == 0


class TestShortfalls:
    """What was settled before the money came back."""

    async def settle(self, shop, make, kind, amount):
        proposer, approver = [await make.user(Role.ADMIN) for _ in range(2)]
        async with shop.stores.database.read() as session:
            (taken,) = await session.scalars(select(PaymentReturn))
        proposed = await propose_settlement(
            shop.stores,
            Actor(proposer.id, "test"),
            return_id=taken.id,
            kind=kind,
            amount_azr=Decimal(amount),
            reason="Of a test.",
            key=new_id().hex,
        )
        await approve_adjustment(
            shop.stores, Actor(approver.id, "test"), adjustment_id=proposed.id, key=new_id().hex
        )

    @WIRES
    async def test_are_given_back_to_whoever_bore_them(self, shop, make, provider):
        user, other = await make.user(), await make.user()
        payment = await bought(shop, user, provider=provider)
        await give_away(shop, user, other, 30)
        await shop.press(payment.checkout_url, "dispute")
        await shop.deliver(provider)
        assert await balance(shop, user, wrong=("I16",)) == 0
        await make.azr(user, 12)

        await self.settle(shop, make, AdjustmentKind.RECOVER, 12)
        await self.settle(shop, make, AdjustmentKind.WRITE_OFF, 7)
        assert await balance(shop, user, wrong=("I16",)) == 0
        await shop.press(payment.checkout_url, "win")
        await shop.deliver(provider)

        assert await balance(shop, user) == 22
        assert await balance(shop, other) == 30
        with pytest.raises(SettlementTooLarge):
            await self.settle(shop, make, AdjustmentKind.WRITE_OFF, 1)

    async def test_that_are_settled_leave_nothing_in_suspense(self, shop, make):
        user, other = await make.user(), await make.user()
        payment = await bought(shop, user)
        await give_away(shop, user, other, 30)
        await shop.press(payment.checkout_url, "refund")
        await shop.deliver()

        await self.settle(shop, make, AdjustmentKind.WRITE_OFF, 30)

        assert await balance(shop, user) == 0
        assert await balance(shop, other) == 30


class TestContradictions:
    async def test_in_what_was_paid_credit_nothing(self, shop, make):
        user = await make.user()
        payment, _ = await buy(shop, user)
        await shop.press(payment.checkout_url, "pay")
        [body] = shop.undelivered()

        for old, new in ((b'"amount_received":200', b'"amount_received":1'), (b'"usd"', b'"jpy"')):
            changed = body.replace(old, new).replace(b'"evt_', b'"evt_%d' % len(new))
            assert changed != body
            await shop.arrive(STRIPE, changed)

        assert await shop.outcomes() == ["refused", "refused"]
        assert await balance(shop, user) == 0
        assert (await shop.payment(payment.id)).state == PaymentState.PENDING

    async def test_about_unknown_payments_are_given_up_after_days(self, shop, make, watch):
        user = await make.user()
        payment, _ = await buy(shop, user)
        await shop.press(payment.checkout_url, "pay")
        [body] = shop.undelivered()
        unknown = body.replace(str(payment.id).encode(), str(new_id()).encode())

        await shop.arrive(STRIPE, unknown)
        for _ in range(11):
            assert await shop.outcomes() == [None]
            watch.move(days=3)
            await shop.apply_all()

        assert await shop.outcomes() == ["refused"]
