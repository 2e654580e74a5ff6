"""Many at once: what is there is spent once, and nobody waits for each other in a circle."""

import asyncio
from collections import Counter
from decimal import Decimal
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.errors import StoreUnavailable
from services import ledger
from services.ledger import attempts, carry_out
from tests.services.ledger.bank import Order, key

CROWD = 100


async def outcome(posting) -> str:
    try:
        await posting
    except ledger.PostingRefused as refusal:
        return refusal.code
    return "posted"


async def outcomes(*postings) -> Counter:
    return Counter(await asyncio.gather(*(outcome(each) for each in postings)))


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A hundred tasks share a few connections here."""
    monkeypatch.setattr("core.database.POOL_WAIT_SECONDS", 30)


class TestDoubleSpend:
    async def test_buys_ten_times_one_with_ten(self, crowded_bank):
        bank = crowded_bank
        buyer, seller = await bank.person("10"), await bank.person()
        orders = [Order(buyer, seller, "1") for _ in range(CROWD)]

        found = await outcomes(*(bank.post(order.paid()) for order in orders))

        assert found == {"posted": 10, "INSUFFICIENT_FUNDS": 90}
        assert await bank.balance(buyer) == 0
        assert await bank.contradictions() == []

    async def test_reserves_ten_times_one_with_ten(self, crowded_bank):
        bank = crowded_bank
        person = await bank.person("10")

        found = await outcomes(*(bank.reserve(person, "1") for _ in range(CROWD)))

        assert found == {"posted": 10, "INSUFFICIENT_FUNDS": 90}
        assert await bank.contradictions() == []

    async def test_rewards_ten_times_one_with_a_pool_of_ten(self, crowded_bank):
        bank = crowded_bank
        people = [await bank.person() for _ in range(30)]
        await bank.post(ledger.fund_rewards(amount_azr=Decimal(10), actor_id=None))

        found = await outcomes(
            *(
                bank.post(ledger.reward(user_id=person, event_id=uuid4(), amount_azr=Decimal(1)))
                for person in people
            )
        )

        assert found == {"posted": 10, "INSUFFICIENT_FUNDS": 20}
        assert (await bank.balances())["reward_pool", None] == 0
        assert await bank.contradictions() == []

    async def test_rewards_an_event_once_whoever_claims_it(self, crowded_bank):
        bank, event = crowded_bank, uuid4()
        people = [await bank.person() for _ in range(20)]
        await bank.post(ledger.fund_rewards(amount_azr=Decimal(100), actor_id=None))

        found = await outcomes(
            *(
                bank.post(ledger.reward(user_id=person, event_id=event, amount_azr=Decimal(1)))
                for person in people
            )
        )

        assert found == {"posted": 1, "ALREADY_POSTED": 19}
        assert await bank.contradictions() == []

    async def test_releases_and_refunds_an_order_once(self, crowded_bank):
        bank = crowded_bank
        order = Order(await bank.person("5"), await bank.person(), "5")
        await bank.post(order.paid())

        found = await outcomes(
            *(bank.post(order.released()) for _ in range(10)),
            *(bank.post(order.refunded()) for _ in range(10)),
        )

        assert found["posted"] == 1
        assert await bank.contradictions() == []

    async def test_refunds_no_more_than_the_price(self, crowded_bank):
        bank = crowded_bank
        order = Order(await bank.person("5"), await bank.person(), "5")
        await bank.post(order.paid())
        await bank.post(order.released())

        found = await outcomes(*(bank.refund_released(order.id, "0.6") for _ in range(20)))

        assert found == {"posted": 8, "REFUND_TOO_LARGE": 12}
        assert await bank.contradictions() == []

    async def test_captures_and_voids_a_hold_once(self, crowded_bank):
        bank = crowded_bank
        hold = await bank.reserve(await bank.person("5"), "5")

        found = await outcomes(
            *(bank.capture(hold.id, "1") for _ in range(10)),
            *(bank.void(hold.id) for _ in range(10)),
        )

        assert found == {"posted": 1, "HOLD_ENDED": 19}
        assert await bank.contradictions() == []


class TestDoubleRevert:
    async def test_succeeds_for_exactly_half(self, crowded_bank):
        bank, random = crowded_bank, Random(5)  # noqa: S311  # reproducible
        people = [await bank.person() for _ in range(20)]
        for person in people:
            await bank.post(ledger.mint(user_id=person, amount_azr=Decimal(1000), actor_id=None))
        pairs = [random.sample(people, 2) for _ in range(CROWD)]
        async with asyncio.TaskGroup() as group:
            transfers = [group.create_task(bank.transfer(*pair, "1")) for pair in pairs]
        posted = [task.result().id for task in transfers]

        found = await outcomes(*(bank.revert(id_) for id_ in (*posted, *posted)))

        assert found == {"posted": CROWD, "ALREADY_REVERSED": CROWD}
        assert {await bank.balance(person) for person in people} == {1000}
        assert await bank.contradictions() == []


class TestLocks:
    async def test_are_taken_in_one_order(self, crowded_bank):
        """Transfers in all directions between few people, some of whom have no wallet yet."""
        bank, random = crowded_bank, Random(6)  # noqa: S311  # reproducible
        people = [await bank.person("100") for _ in range(3)]
        people += [await bank.person() for _ in range(3)]
        deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        before = await bank.one(deadlocks)

        found = await outcomes(
            *(bank.transfer(*random.sample(people, 2), "0.5") for _ in range(4 * CROWD))
        )

        await bank.one("SELECT pg_stat_force_next_flush()")
        assert await bank.one(deadlocks) == before
        assert found["posted"] > CROWD
        assert sum(found.values()) == 4 * CROWD
        assert await bank.contradictions() == []


class TestCarryOut:
    @pytest.mark.parametrize("sqlstate", sorted(attempts.BROKEN_OFF))
    async def test_tries_again_what_was_broken_off(self, bank, sqlstate):
        turns = 0

        async def work(session):
            nonlocal turns
            turns += 1
            if turns < attempts.ATTEMPTS_MAX:
                await session.execute(text(raising(sqlstate)))
            return turns

        assert await carry_out(bank.database, work) == attempts.ATTEMPTS_MAX

    async def test_gives_up_after_five(self, bank):
        turns = 0

        async def work(session):
            nonlocal turns
            turns += 1
            await session.execute(text(raising("40P01")))

        with pytest.raises(StoreUnavailable):
            await carry_out(bank.database, work)

        assert turns == attempts.ATTEMPTS_MAX

    async def test_has_the_answer_of_what_was_done_before_the_connection_was_lost(self, bank):
        sender, recipient = await bank.person("5"), await bank.person()
        under, turns = key(), 0

        async def work(session):
            nonlocal turns
            turns += 1
            if turns == 1:
                # As if this attempt's commit had reached PostgreSQL, and its answer not us.
                await bank.transfer(sender, recipient, "1", under)
                await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
            recipe = ledger.transfer(
                sender_id=sender, recipient_id=recipient, amount_azr=Decimal(1)
            )
            return await ledger.post(session, recipe, key=under)

        posting = await carry_out(bank.database, work)

        assert (turns, posting.is_replay) == (2, True)
        assert await bank.balance(recipient) == 1
        assert await bank.contradictions() == []


def raising(sqlstate: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}'; END $$"
