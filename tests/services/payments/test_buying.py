"""Buying AZR: priced, begun once, credited once."""

import asyncio
from decimal import Decimal

import httpx2
import pytest
from sqlalchemy import delete

from core.validation import InvalidInput
from models.tables import PaymentState, ProviderName, TokenPrice
from services.ledger import IdempotencyMismatch, InvalidKey
from services.payments.provider import PaymentProviderUnavailable, PaymentRefused
from services.plans.prices import NoPricePosted
from tests.services.payments.buying import balance, buy
from tests.shop import adapter

STRIPE, PAYSTACK, LOCAL = ProviderName.STRIPE, ProviderName.PAYSTACK, ProviderName.LOCAL


class TestBuyTokens:
    @pytest.mark.parametrize("provider", ProviderName)
    async def test_credits_what_was_paid_for(self, shop, make, provider):
        user = await make.user()

        payment, is_replay = await buy(shop, user, amount="40.00000001", provider=provider)
        assert (payment.state, payment.amount_cents, is_replay) == ("pending", 201, False)
        assert await balance(shop, user) == 0

        await shop.press(payment.checkout_url, "pay")
        await shop.deliver(provider)

        paid = await shop.payment(payment.id)
        assert (paid.state, paid.usd_per_azr) == ("paid", Decimal("0.05"))
        assert await balance(shop, user) == Decimal("40.00000001")
        assert await shop.outcomes() == ["applied"]

    async def test_shows_a_page_to_pay_on(self, shop, make):
        payment, _ = await buy(shop, await make.user())

        async with httpx2.AsyncClient() as client:
            page = await client.get(payment.checkout_url)

        assert "40.00000000 AZR" in page.text
        assert "2.00 USD" in page.text

    @pytest.mark.parametrize("provider", [STRIPE, LOCAL])
    async def test_fails_when_nobody_paid(self, shop, make, provider):
        user = await make.user()
        payment, _ = await buy(shop, user, provider=provider)

        await shop.press(payment.checkout_url, "decline")
        await shop.deliver(provider)

        assert (await shop.payment(payment.id)).state == PaymentState.FAILED
        assert await balance(shop, user) == 0

    @pytest.mark.parametrize("provider", ProviderName)
    async def test_opens_one_checkout_for_a_key(self, shop, make, provider):
        user = await make.user()

        first, _ = await buy(shop, user, provider=provider)
        again, is_replay = await buy(shop, user, provider=provider)

        assert (again.id, again.checkout_url, is_replay) == (first.id, first.checkout_url, True)

    async def test_opens_one_checkout_for_many_at_once(self, shop, make):
        user = await make.user()

        found = await asyncio.gather(*(buy(shop, user) for _ in range(10)))

        assert len({(each.id, each.checkout_url) for each, _ in found}) == 1
        assert sorted(is_replay for _, is_replay in found) == [False] + [True] * 9


class TestRefusals:
    async def test_change_nothing(self, shop, make):
        user = await make.user()
        await buy(shop, user)
        before = await make.contents()

        for options, refusal in (
            ({"amount": "0", "key": "other-key"}, InvalidInput),
            ({"amount": "9.8", "key": "other-key"}, InvalidInput),
            ({"amount": "200001", "key": "other-key"}, InvalidInput),
            ({"key": "short"}, InvalidKey),
            ({"amount": "41"}, IdempotencyMismatch),
            ({"provider": LOCAL}, IdempotencyMismatch),
        ):
            with pytest.raises(refusal):
                await buy(shop, user, **options)
        assert await make.contents() == before

    @pytest.mark.parametrize("provider", ProviderName)
    async def test_change_nothing_while_the_provider_is_away(self, shop, make, provider):
        user = await make.user()
        there = shop.providers[provider]
        before = await make.contents()

        shop.providers[provider] = adapter(provider, "http://127.0.0.1:1")
        with pytest.raises(PaymentProviderUnavailable):
            await buy(shop, user, provider=provider)
        await shop.providers[provider].close()
        assert await make.contents() == before

        shop.providers[provider] = there
        payment, is_replay = await buy(shop, user, provider=provider)
        assert (payment.state, is_replay) == ("pending", False)
        assert payment.checkout_url.startswith(shop.local.origin)

    async def test_of_the_provider_change_nothing(self, shop, make, monkeypatch):
        user = await make.user()
        before = await make.contents()

        with monkeypatch.context() as refusing:
            refusing.setattr(shop.local.stripe, "_key", "another-key")
            with pytest.raises(PaymentRefused):
                await buy(shop, user)
        assert await make.contents() == before

        assert (await buy(shop, user))[1] is False

    async def test_name_every_fault_of_an_input(self, shop, make):
        user = await make.user()
        del shop.providers[PAYSTACK]

        with pytest.raises(InvalidInput) as refused:
            await buy(shop, user, amount="0", provider=PAYSTACK)

        assert [fault.field for fault in refused.value.faults] == ["provider", "amountAzr"]

    async def test_say_that_no_price_is_posted(self, shop, make, database):
        async with database.transaction() as session:
            await session.execute(delete(TokenPrice))

        with pytest.raises(NoPricePosted):
            await buy(shop, await make.user())
