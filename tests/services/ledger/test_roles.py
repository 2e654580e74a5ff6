"""The application's role posts through the functions, and writes no balance in any other way."""

from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import func, select, text

from core.database import Database
from core.settings import Settings
from core.statements import Statement
from services import ledger
from tests.services.ledger.bank import Bank, Order

PASSWORD = "only-here"
COMMANDS = {
    "ledger_capture",
    "ledger_earlier",
    "ledger_expire_holds",
    "ledger_freeze",
    "ledger_hold",
    "ledger_post",
    "ledger_refund_released",
    "ledger_remember",
    "ledger_revert",
    "ledger_share",
    "ledger_statement_type",
    "ledger_void",
}


@pytest.fixture
async def restricted(bank, addresses):
    """A bank whose connections have the application's role and nothing else."""
    name = f"teller_{uuid4().hex}"
    async with bank.database.transaction() as session:
        create = f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' IN ROLE azora_application"
        await session.execute(text(create))
    parts = urlsplit(addresses.database_url)
    address = f"{name}:{PASSWORD}@{parts.netloc.rpartition('@')[2]}"
    database = Database(urlunsplit(parts._replace(netloc=address)), pool_size=2)
    yield Bank(database)
    await database.close()
    async with bank.database.transaction() as session:
        await session.execute(text(f"DROP ROLE {name}"))


class TestServing:
    async def test_takes_the_role_whatever_else_its_user_may(self, bank, addresses):
        role = Settings().database_role
        database = Database(addresses.database_url, pool_size=1, role=role)
        serving = Bank(database)
        sender, recipient = await bank.person("5"), await bank.person()

        await serving.transfer(sender, recipient, "1")

        assert role == "azora_application"
        assert await serving.one("SELECT current_user") == role
        assert await database.fetch(Statement(select(func.current_user()))) == [(role,)]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await directly(serving, "UPDATE users SET azr_balance = 7")
        await database.close()


class TestApplication:
    async def test_posts(self, restricted):
        buyer, seller = await restricted.person("100"), await restricted.person()
        order = Order(buyer, seller, "10")
        await restricted.post(order.paid())
        await restricted.post(order.released())
        await restricted.refund_released(order.id, "5")
        hold = await restricted.reserve(buyer, "5")
        await restricted.capture(hold.id, "1")
        await restricted.void((await restricted.reserve(buyer, "5")).id)
        await restricted.revert((await restricted.mint(buyer, "1")).id)
        await restricted.freeze(seller)

        with pytest.raises(ledger.AccountFrozen):
            await restricted.transfer(seller, buyer, "1")

        assert await restricted.balance(buyer) == 94
        assert await restricted.expire_holds() == []
        assert await restricted.contradictions() == []

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE users SET azr_balance = 7",
            "UPDATE ledger_balances SET posted = 7",
            "INSERT INTO ledger_balances (account_id, posted) VALUES (1, 7)",
            "INSERT INTO ledger_accounts (kind, owner_id) VALUES ('wallet', gen_random_uuid())",
            "INSERT INTO ledger_transactions (id, kind) VALUES (gen_random_uuid(), 'mint')",
            "INSERT INTO ledger_entries SELECT * FROM ledger_entries",
            "UPDATE ledger_entries SET amount = 7",
            "DELETE FROM ledger_entries",
            "TRUNCATE ledger_entries",
            "UPDATE ledger_holds SET state = 'voided'",
            "DELETE FROM ledger_keys",
            "INSERT INTO transactions (type, amount) VALUES ('top_up', 7)",
            "UPDATE transactions SET amount = 7",
            "ALTER TABLE ledger_entries DISABLE TRIGGER USER",
            "SET session_replication_role = replica",
            "SELECT ledger_write('s', 'key-key-key', gen_random_uuid(), '{}', '{}', NULL, NULL)",
            "SELECT ledger_end_hold(gen_random_uuid(), 'voided')",
            "SELECT ledger_open_books()",
        ],
    )
    async def test_writes_nothing_otherwise(self, bank, restricted, make, statement):
        await bank.person("5")
        before = await make.contents()

        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await directly(restricted, statement)

        assert await make.contents() == before

    async def test_still_writes_what_people_say_of_themselves(self, restricted):
        person = await restricted.person("5")

        async with restricted.database.transaction() as session:
            await session.execute(text("UPDATE users SET full_name = 'Amara', language = 'sw'"))

        assert await restricted.one("SELECT full_name FROM users WHERE id = :id", id=person)

    async def test_writes_every_other_column_of_users(self, bank):
        writable = """
            SELECT column_name FROM information_schema.columns
            WHERE table_name = 'users' AND is_generated = 'NEVER'
                AND NOT has_column_privilege('azora_application', 'users', column_name, 'UPDATE')
        """

        assert await bank.rows(writable) == [("id",), ("azr_balance",)]

    async def test_calls_the_commands_and_no_other_function(self, bank):
        callable_ones = """
            SELECT proname FROM pg_proc WHERE starts_with(proname, 'ledger_')
                AND has_function_privilege('azora_application', oid, 'EXECUTE')
        """

        assert {name for (name,) in await bank.rows(callable_ones)} == COMMANDS


async def directly(bank, statement):
    """Run a statement on the driver's own connection, whose errors are PostgreSQL's."""
    async with bank.database.transaction() as session:
        await session.execute(text("SELECT 1"))
        connection = await (await session.connection()).get_raw_connection()
        await connection.driver_connection.execute(statement)
