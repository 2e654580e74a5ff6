"""Idempotency keys: one effect and one answer, however often and however concurrently sent."""

import asyncio
import os
from collections import Counter
from decimal import Decimal

import pytest

from services import ledger
from services.ledger import Key
from tests.services.ledger.bank import Order, key

# `make test-ledger` sends 200 keys.
STORM_KEYS = int(os.environ.get("AZORA_LEDGER_STORM_KEYS", "40"))
STORM_SENDS = 50


class TestKey:
    @pytest.mark.parametrize(
        "value", ["", "seven77", "x" * 65, "with space", "ключевой", "a\nb" * 4]
    )
    def test_has_one_form(self, value):
        with pytest.raises(ledger.InvalidKey):
            Key("tests", value)


class TestReplay:
    async def test_has_the_first_answer(self, bank):
        sender, recipient = await bank.person("10"), await bank.person()
        under = key()

        first = await bank.transfer(sender, recipient, "1", under)
        await bank.transfer(sender, recipient, "2")
        again = await bank.transfer(sender, recipient, "1", under)

        assert (first.is_replay, again.is_replay) == (False, True)
        assert (again.id, again.created_at, again.balances) == (
            first.id,
            first.created_at,
            first.balances,
        )
        assert await bank.balance(recipient) == 3

    async def test_is_of_every_command(self, bank):
        buyer = await bank.person("10")
        order = Order(buyer, await bank.person(), "4")
        minted = await bank.mint(buyer, "1")
        held = await bank.reserve(buyer, "1")
        await bank.post(order.paid())
        await bank.post(order.released())
        commands = [
            (bank.refund_released, order.id, "1"),
            (bank.revert, minted.id),
            (bank.reserve, buyer, "1"),
            (bank.capture, held.id, "1"),
        ]

        for command, *arguments in commands:
            under = key()
            first = await command(*arguments, under=under)
            again = await command(*arguments, under=under)

            assert (first.is_replay, again.is_replay) == (False, True)
            assert again.id == first.id
        assert await bank.contradictions() == []

    async def test_belongs_to_its_scope(self, bank):
        sender, recipient = await bank.person("10"), await bank.person()

        for scope in ("one", "other"):
            await bank.transfer(sender, recipient, "1", Key(scope, "same-key"))

        assert await bank.balance(recipient) == 2


class TestReuse:
    async def test_is_refused_for_another_request(self, bank, refused):
        sender, recipient = await bank.person("10"), await bank.person()
        under = key()
        await bank.transfer(sender, recipient, "1", under)

        await refused(
            ledger.IdempotencyMismatch, bank.transfer(sender, recipient, "1.00000001", under)
        )
        await refused(ledger.IdempotencyMismatch, bank.transfer(recipient, sender, "1", under))
        await refused(ledger.IdempotencyMismatch, bank.reserve(sender, "1", under=under))

        assert (await bank.transfer(sender, recipient, "1", under)).is_replay


class TestAsked:
    async def test_decides_what_a_retry_is(self, bank):
        sender, recipient = await bank.person("10"), await bank.person()
        under = Key.of(sender, "buy", "the-same-key", {"what": "tea"})
        other = Key.of(sender, "buy", "the-same-key", {"what": "coffee"})

        first = await bank.transfer(sender, recipient, "1", under)
        dearer = await bank.transfer(sender, recipient, "2", under)

        assert (dearer.id, dearer.is_replay) == (first.id, True)
        with pytest.raises(ledger.IdempotencyMismatch):
            await bank.transfer(sender, recipient, "1", other)

    async def test_finds_what_was_posted_before_anything_is_decided(self, bank):
        buyer = await bank.person("10")
        order = Order(buyer, await bank.person(), "4")
        under = Key.of(buyer, "placeOrder", "the-same-key", {"service": order.id})
        other = Key.of(buyer, "placeOrder", "the-same-key", {"service": None})

        before = await bank.earlier(under)
        posted = await bank.post(order.paid(), under)
        after = await bank.earlier(under)

        assert before is None
        assert after is not None
        assert (after.id, after.reference_id, after.is_replay) == (posted.id, order.id, True)
        with pytest.raises(ledger.IdempotencyMismatch):
            await bank.earlier(other)

    async def test_finds_how_it_was_refused(self, bank, refused):
        sender, recipient = await bank.person("1"), await bank.person()
        under = Key.of(sender, "transfer", "the-same-key", {"amount": 2})
        await refused(ledger.InsufficientFunds, bank.transfer(sender, recipient, "2", under))
        await bank.mint(sender, "5")

        again = await refused(ledger.InsufficientFunds, bank.earlier(under))

        assert (again.available_azr, again.required_azr) == (1, 2)


class TestRefusal:
    async def test_is_the_answer_for_good(self, bank, refused):
        sender, recipient = await bank.person("1"), await bank.person()
        under = key()
        first = await refused(
            ledger.InsufficientFunds, bank.transfer(sender, recipient, "2", under)
        )
        await bank.mint(sender, "5")

        again = await refused(
            ledger.InsufficientFunds, bank.transfer(sender, recipient, "2", under)
        )

        assert again.facts == first.facts
        assert again.available_azr == 1
        assert await bank.rows(
            "SELECT outcome FROM ledger_keys WHERE key = :key", key=under.value
        ) == [("rejected",)]
        assert await bank.contradictions() == []

    async def test_gives_way_to_an_attempt_that_went_through_meanwhile(self, bank, monkeypatch):
        sender, recipient = await bank.person(), await bank.person()
        under = key()
        remember = ledger.attempts.remember

        async def remember_late(session, refusal):
            monkeypatch.undo()
            await bank.mint(sender, "5")
            await bank.transfer(sender, recipient, "2", under)
            return await remember(session, refusal)

        monkeypatch.setattr(ledger.attempts, "remember", remember_late)
        posting = await bank.transfer(sender, recipient, "2", under)

        assert posting.is_replay
        assert await bank.balance(recipient) == 2
        assert await bank.contradictions() == []


class TestStorm:
    async def test_has_one_effect_for_each_key(self, crowded_bank):
        bank = crowded_bank
        recipient = await bank.person()
        senders = [await bank.person("1000") for _ in range(8)]
        outcomes = Counter()

        async def send(number: int, sent: int, under: Key) -> None:
            # Every tenth asks for another amount under the same key: one of the two is first.
            amount = number if sent % 10 else number + 1000
            azr = Decimal(amount + 1).scaleb(-4)
            try:
                posting = await bank.transfer(senders[number % 8], recipient, azr, under)
            except ledger.IdempotencyMismatch:
                outcomes[number, "reused"] += 1
            else:
                outcomes[number, "replayed" if posting.is_replay else "applied"] += 1

        keys = [key() for _ in range(STORM_KEYS)]
        await in_turns(
            25,
            (
                send(number, sent, under)
                for number, under in enumerate(keys)
                for sent in range(STORM_SENDS)
            ),
        )

        assert [outcomes[number, "applied"] for number in range(STORM_KEYS)] == [1] * STORM_KEYS
        refused = {outcomes[number, "reused"] for number in range(STORM_KEYS)}
        assert refused <= {STORM_SENDS // 10, STORM_SENDS - STORM_SENDS // 10}
        assert outcomes.total() == STORM_KEYS * STORM_SENDS
        query = (
            "SELECT count(*), count(DISTINCT amount) FROM transactions WHERE type = 'transfer_in'"
        )
        assert await bank.rows(query) == [(STORM_KEYS, STORM_KEYS)]
        assert await bank.contradictions() == []


async def in_turns(workers: int, coroutines) -> None:
    """Run them all, so many at once."""
    waiting = iter(coroutines)

    async def work() -> None:
        for coroutine in waiting:
            await coroutine

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())
