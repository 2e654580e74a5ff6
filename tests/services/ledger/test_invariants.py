"""Each invariant, broken by hand by somebody who may do everything, is found and named."""

import re
from pathlib import Path
from string import Template

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.ledger.invariants import INVARIANTS, check_invariant
from tests.services.ledger.bank import Order, contradictions

ACCOUNT = "(SELECT id FROM ledger_accounts WHERE kind = '{}' ORDER BY id LIMIT 1)"
NAMES = {
    "wallet": ACCOUNT.format("wallet"),
    "escrow": ACCOUNT.format("order_escrow"),
    "release": "(SELECT id FROM ledger_transactions WHERE kind = 'release')",
}
_, *DAMAGE = re.split(
    r"^-- (?=I\d+: )", Path(__file__).with_name("damage.sql").read_text(), flags=re.MULTILINE
)
TRANSACTION = "'00000000-0000-7000-8000-000000000000'"


def statements_of(damage: str) -> list[str]:
    """The statements below a first line that says what they do."""
    script = Template(damage.partition("\n")[2]).substitute(NAMES)
    return [each for each in script.split(";") if each.strip()]


@pytest.fixture
async def world(bank):
    """One of everything that moves, and a hold. Answers with somebody who has nothing."""
    buyer, seller, nobody = await bank.person("100"), await bank.person(), await bank.person()
    order = Order(buyer, seller, "10")
    await bank.transfer(buyer, seller, "5")
    await bank.post(order.paid())
    await bank.post(order.released())
    await bank.refund_released(order.id, "1")
    await bank.reserve(buyer, "3")
    return nobody


class Undone(Exception):
    """Takes back what was broken."""


async def found_in(bank, statements, look):
    """What `look` finds after some statements that no trigger hears of; then they are undone."""
    found = None
    try:
        async with bank.database.transaction() as session:
            await session.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                await session.execute(text(statement))
            found = await look(session)
            raise Undone
    except Undone:
        return found


class TestInvariants:
    async def test_hold_of_empty_books(self, bank):
        assert await bank.contradictions() == []

    async def test_hold_of_a_world(self, bank, world):
        assert await bank.contradictions() == []

    @pytest.mark.parametrize("damage", DAMAGE, ids=lambda each: each.partition("\n")[0])
    async def test_are_seen_when_they_are_broken(self, bank, world, damage):
        found = await found_in(bank, statements_of(damage), contradictions)

        assert damage.partition(":")[0] in {finding.invariant.name for finding in found}
        assert all(finding.examples for finding in found)
        assert await bank.contradictions() == []

    def test_are_each_broken_here(self):
        assert {each.partition(":")[0] for each in DAMAGE} == {each.name for each in INVARIANTS}

    async def test_name_what_is_wrong_and_count_it(self, bank, world):
        invariant = next(each for each in INVARIANTS if each.name == "I5")

        finding = await found_in(
            bank,
            ["UPDATE users SET azr_balance = 7"],
            lambda session: check_invariant(session, invariant),
        )

        assert finding.count == 3
        assert f"user {world} has 7.00000000, the wallet says 0" in finding.examples


class TestDatabase:
    """What PostgreSQL refuses even to the owner of the tables."""

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger_entries SET amount = amount",
            "UPDATE ledger_entries SET amount = 1 WHERE false",
            "DELETE FROM ledger_entries",
            "TRUNCATE ledger_entries",
            "UPDATE ledger_transactions SET kind = kind",
            "DELETE FROM ledger_transactions",
            "TRUNCATE ledger_transactions CASCADE",
        ],
    )
    async def test_keeps_what_was_posted(self, bank, world, statement):
        with pytest.raises(DBAPIError, match="is only appended to"):
            await committed(bank, [statement])

        assert await bank.contradictions() == []

    @pytest.mark.parametrize("amounts", [[], [1], [1, -2]])
    async def test_commits_no_transaction_that_does_not_balance(self, bank, world, amounts):
        statements = [
            f"INSERT INTO ledger_transactions (id, kind) VALUES ({TRANSACTION}, 'mint')",
            *(
                "INSERT INTO ledger_entries (transaction_id, leg, amount, account_id)"
                f" SELECT {TRANSACTION}, {leg}, {amount}, {NAMES['wallet']}"
                for leg, amount in enumerate(amounts)
            ),
        ]

        with pytest.raises(DBAPIError, match=f"has {len(amounts)} legs that sum to"):
            await committed(bank, statements)

        assert await bank.contradictions() == []

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE users SET azr_balance = azr_balance + 1e-8",
            "INSERT INTO users (email, password_hash, azr_balance) VALUES ('a@b.example', '', 1)",
        ],
    )
    async def test_commits_no_balance_that_the_ledger_does_not_know(self, bank, world, statement):
        with pytest.raises(DBAPIError, match="is not what the ledger says"):
            await committed(bank, [statement])

        assert await bank.contradictions() == []

    @pytest.mark.parametrize("amount", ["'NaN'", "'Infinity'", "'-Infinity'"])
    @pytest.mark.parametrize(
        "column", ["ledger_balances.posted", "ledger_balances.held", "ledger_holds.amount"]
    )
    async def test_stores_finite_amounts_only(self, bank, world, column, amount):
        table, _, name = column.partition(".")

        with pytest.raises(DBAPIError, match=r"violates check|overflow"):
            await committed(bank, [f"UPDATE {table} SET {name} = {amount}"])

        assert await bank.contradictions() == []


async def committed(bank, statements):
    async with bank.database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement))
