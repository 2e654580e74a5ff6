"""Migrations: up, down and up again, to the same schema."""

from decimal import Decimal
from importlib.resources import files

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from core.database import Database
from core.settings import REPOSITORY
from models.base import metadata
from tests.migrating import NotMigrated, migrate, migrate_step_by_step
from tests.models.catalogue import schema_of
from tests.services.ledger.bank import contradictions

QUEUE = {f"procrastinate_{name}" for name in ("jobs", "events", "periodic_defers", "workers")}
NOTHING = {
    "columns": [],
    "constraints": [],
    "indexes": [],
    "triggers": [],
    "functions": [],
    "types": [],
}


@pytest.fixture
def config():
    return Config(REPOSITORY / "alembic.ini")


class TestMigrations:
    async def test_go_up_and_down_and_up_again_to_the_same_schema(self, empty_database_url):
        await migrate(empty_database_url)
        first = await schema_of(empty_database_url)

        await migrate(empty_database_url, "base")
        gone = await schema_of(empty_database_url)
        await migrate(empty_database_url)
        second = await schema_of(empty_database_url)

        assert gone == NOTHING
        assert second == first
        tables = {column["table_name"] for column in first["columns"]}
        assert tables == {*metadata.tables, *QUEUE}

    async def test_go_one_step_down_from_each_revision_and_back(self, empty_database_url, config):
        steps = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
        await migrate(empty_database_url)
        head = await schema_of(empty_database_url)

        moves = ["-1"] * len(steps) + ["+1"] * len(steps)
        await migrate_step_by_step(empty_database_url, moves)

        assert await schema_of(empty_database_url) == head

    async def test_change_nothing_the_second_time(self, empty_database_url):
        await migrate(empty_database_url)
        first = await schema_of(empty_database_url)

        await migrate(empty_database_url)

        assert await schema_of(empty_database_url) == first

    async def test_keep_the_rows_of_tables_that_stay(self, empty_database_url):
        await migrate(empty_database_url)
        connection = await asyncpg.connect(empty_database_url)
        await connection.execute("INSERT INTO users (email, password_hash) VALUES ('a@b.c', '')")

        await migrate(empty_database_url)

        assert await connection.fetchval("SELECT count(*) FROM users") == 1
        await connection.close()

    async def test_open_the_books_with_the_balances_that_were_there(self, empty_database_url):
        await migrate(empty_database_url, "0001")
        connection = await asyncpg.connect(empty_database_url)
        people = [("a@b.c", Decimal("12.50000001")), ("b@b.c", Decimal(0))]
        insert = "INSERT INTO users (email, password_hash, azr_balance) VALUES ($1, '', $2)"
        await connection.executemany(insert, people)

        await migrate(empty_database_url)

        balances = "SELECT email, azr_balance FROM users ORDER BY email"
        assert [tuple(each) for each in await connection.fetch(balances)] == people
        assert await connection.fetchval("SELECT count(*) FROM transactions") == 0
        await connection.close()
        database = Database(empty_database_url, pool_size=1)
        async with database.read() as session:
            assert await contradictions(session) == []
        await database.close()

    async def test_pause_the_services_that_were_off_the_marketplace(self, empty_database_url):
        await migrate(empty_database_url, "0001")
        connection = await asyncpg.connect(empty_database_url)
        insert = "INSERT INTO services (name, is_active) VALUES ('On', true), ('Off', false)"
        await connection.execute(insert)

        await migrate(empty_database_url)

        states = "SELECT name, state, is_active FROM services ORDER BY name"
        assert [tuple(each) for each in await connection.fetch(states)] == [
            ("Off", "paused", False),
            ("On", "published", True),
        ]
        await connection.close()

    def test_form_one_line(self, config):
        script = ScriptDirectory.from_config(config)

        assert len(script.get_heads()) == 1
        assert len(script.get_bases()) == 1

    def test_make_the_queue_of_the_installed_procrastinate(self):
        """A release with another schema brings a migration of its own."""
        theirs = files("procrastinate") / "sql" / "schema.sql"

        ours = REPOSITORY / "migrations" / "sql" / "0005_procrastinate.sql"

        assert ours.read_text() == theirs.read_text()

    async def test_refuse_a_revision_that_is_not_there(self, empty_database_url):
        with pytest.raises(NotMigrated, match="The tables were left as they are"):
            await migrate(empty_database_url, "9999")

        assert await schema_of(empty_database_url) == NOTHING
