"""Payments of which no webhook told."""

import pytest

from models.tables import PaymentState, ProviderName
from services.payments.reconciling import ASKED_AT_ONCE_MAX, reconcile_payments
from tests.services.payments.buying import balance, buy
from tests.shop import adapter


async def reconcile(shop):
    return await reconcile_payments(shop.stores, shop.providers)


class TestReconcilePayments:
    @pytest.mark.parametrize("provider", ProviderName)
    async def test_credits_what_was_paid_for_once(self, shop, make, watch, provider):
        user = await make.user()
        payment, _ = await buy(shop, user, provider=provider)
        await shop.press(payment.checkout_url, "pay")
        assert await reconcile(shop) == 0

        watch.move(minutes=11)
        assert await reconcile(shop) == 1
        await shop.deliver(provider)
        watch.move(minutes=11)

        assert await reconcile(shop) == 0
        assert await balance(shop, user) == 40
        assert await shop.outcomes() == ["applied", "known"]

    @pytest.mark.parametrize("provider", ProviderName)
    async def test_notes_what_failed(self, shop, make, watch, provider):
        payment, _ = await buy(shop, await make.user(), provider=provider)
        await shop.press(payment.checkout_url, "decline")

        watch.move(minutes=11)
        await reconcile(shop)

        assert (await shop.payment(payment.id)).state == PaymentState.FAILED

    @pytest.mark.parametrize("provider", ProviderName)
    async def test_gives_up_what_nobody_paid_and_is_content_with_money_that_comes_later(
        self, shop, make, watch, provider
    ):
        user = await make.user()
        payment, _ = await buy(shop, user, provider=provider)

        states = []
        for _ in range(3):
            watch.move(hours=20)
            await reconcile(shop)
            states.append((await shop.payment(payment.id)).state)
        await shop.press(payment.checkout_url, "pay")
        await shop.deliver(provider)

        assert states == ["pending", "pending", "failed"]
        assert (await shop.payment(payment.id)).state == PaymentState.PAID
        assert await balance(shop, user) == 40

    async def test_asks_again_when_the_provider_was_away(self, shop, make, watch):
        user = await make.user()
        payment, _ = await buy(shop, user)
        await shop.press(payment.checkout_url, "pay")
        watch.move(minutes=11)
        there = shop.providers[ProviderName.STRIPE]
        away = adapter(ProviderName.STRIPE, "http://127.0.0.1:1")
        shop.providers[ProviderName.STRIPE] = away

        assert await reconcile(shop) == 1
        await away.close()
        assert await balance(shop, user) == 0
        shop.providers[ProviderName.STRIPE] = there
        assert await reconcile(shop) == 1

        assert await balance(shop, user) == 40

    async def test_asks_about_so_many_at_once(self, shop, make, watch, database):
        user = await make.user()
        for _ in range(ASKED_AT_ONCE_MAX + 1):
            await make.payment(user, provider="stripe", created_at=watch(), checked_at=watch())
        watch.move(hours=1)

        assert [await reconcile(shop) for _ in range(3)] == [ASKED_AT_ONCE_MAX, 1, 0]
