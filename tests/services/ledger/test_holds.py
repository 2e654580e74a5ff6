"""Holds: what is set aside can be neither spent nor lost."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text

from services import ledger

NOW = timedelta(0)


@pytest.fixture
async def person(bank):
    return await bank.person("10")


class TestReserve:
    async def test_keeps_azr_from_being_spent(self, bank, person, refused):
        await bank.reserve(person, "4")

        refusal = await refused(
            ledger.InsufficientFunds, bank.transfer(person, await bank.person(), "6.00000001")
        )

        assert refusal.available_azr == 6
        assert await bank.balance(person) == 10
        assert await bank.contradictions() == []

    async def test_refuses_more_than_is_available(self, bank, person, refused):
        await bank.reserve(person, "4")

        refusal = await refused(ledger.InsufficientFunds, bank.reserve(person, "7"))
        assert (refusal.available_azr, refusal.required_azr) == (6, 7)
        await refused(ledger.InsufficientFunds, bank.reserve(await bank.person(), "1"))
        await refused(ledger.InsufficientFunds, bank.reserve(uuid4(), "1"))


class TestCapture:
    async def test_charges_what_was_used_and_frees_the_rest(self, bank, person):
        hold = await bank.reserve(person, "4")

        posting = await bank.capture(hold.id, "1.5")

        assert posting.balances == {person: Decimal("8.5")}
        assert (await bank.balances())["ai_revenue", None] == Decimal("1.5")
        assert (await bank.statement(person))[-1][:3] == (
            "ai_usage",
            Decimal("1.5"),
            Decimal("8.5"),
        )
        await bank.transfer(person, await bank.person(), "8.5")
        assert await bank.contradictions() == []

    async def test_happens_once(self, bank, person, refused):
        hold = await bank.reserve(person, "4")
        await bank.capture(hold.id, "1")

        refusal = await refused(ledger.HoldEnded, bank.capture(hold.id, "1"))
        assert refusal.state == "captured"
        refusal = await refused(ledger.HoldEnded, bank.void(hold.id))
        assert refusal.state == "captured"

    async def test_refuses_more_than_was_set_aside(self, bank, person, refused):
        hold = await bank.reserve(person, "4")

        refusal = await refused(ledger.CaptureTooLarge, bank.capture(hold.id, "4.00000001"))

        assert (refusal.available_azr, refusal.required_azr) == (4, Decimal("4.00000001"))

    async def test_refuses_a_hold_that_expired_though_nobody_swept_it(self, bank, person, refused):
        hold = await bank.reserve(person, "4", NOW)

        refusal = await refused(ledger.HoldEnded, bank.capture(hold.id, "1"))

        assert refusal.state == "expired"

    async def test_refuses_a_hold_that_is_not_there(self, bank, refused):
        await refused(ledger.NoSuchHold, bank.capture(uuid4(), "1"))
        await refused(ledger.NoSuchHold, bank.void(uuid4()))


class TestVoid:
    async def test_frees_everything(self, bank, person, refused):
        hold = await bank.reserve(person, "4")

        await bank.void(hold.id)

        refusal = await refused(ledger.HoldEnded, bank.capture(hold.id, "1"))
        assert refusal.state == "voided"
        await bank.transfer(person, await bank.person(), "10")
        assert await bank.contradictions() == []


class TestExpireHolds:
    async def test_frees_what_is_past_its_time_and_nothing_else(self, bank, person):
        other = await bank.person("5")
        for owner, azr in ((person, "4"), (other, "5"), (person, "1")):
            await bank.reserve(owner, azr, NOW)
        kept = await bank.reserve(person, "2")

        expired = await bank.expire_holds()

        assert sorted(expired) == sorted([person, other, person])
        assert await bank.expire_holds() == []
        assert await bank.rows("SELECT id FROM ledger_holds WHERE state = 'pending'") == [
            (kept.id,)
        ]
        await bank.transfer(person, other, "8")
        assert await bank.contradictions() == []

    async def test_is_missed_after_a_minute(self, bank, person):
        hold = await bank.reserve(person, "4", NOW)
        late = "UPDATE ledger_holds SET expires_at = expires_at - interval '61 seconds'"
        async with bank.database.transaction() as session:
            await session.execute(text(late))

        ((name, examples),) = await bank.contradictions()

        assert name == "I15"
        assert str(hold.id) in examples[0]
