"""PostgreSQL: reads that cannot write, transactions that are whole, outages that have a name."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Float, Integer, bindparam, event, func, literal, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

import core.database
from core.database import Database, asyncpg_url, violated_constraint
from core.errors import StoreUnavailable
from core.statements import Statement
from models.tables import Service, User

CLOSED = "postgresql://azora@127.0.0.1:1/azora"
READ_ONLY_TRANSACTION = "25006"
USERS = select(func.count()).select_from(User)
SLEEP = Statement(select(func.pg_sleep(bindparam("seconds", type_=Float()))))
OWN_PROCESS = Statement(select(func.pg_backend_pid()))


def person(**values):
    return User(**{"email": "amara@example.com", "password_hash": "none", **values})


async def count(database, statement=USERS):
    async with database.read() as session:
        return await session.scalar(statement)


@pytest.fixture
async def small_database(addresses, monkeypatch):
    """Connections of the test's own, one of each kind, which are not waited for long."""
    monkeypatch.setattr(core.database, "POOL_WAIT_SECONDS", 0.01)
    database = Database(addresses.database_url, pool_size=1)
    yield database
    await database.close()


class TestRead:
    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO users (email, password_hash) VALUES ('a@example.com', 'none')",
            "UPDATE users SET azr_balance = 1000000",
            "DELETE FROM users",
            "TRUNCATE users CASCADE",
            "DROP TABLE lesson_progress",
            "CREATE TABLE mine (id int)",
            "SELECT 1 FROM users FOR UPDATE",
        ],
    )
    async def test_cannot_write_because_postgresql_refuses_it(self, database, statement):
        async with database.transaction() as session:
            session.add(person())

        with pytest.raises(DBAPIError) as refusal:
            async with database.read() as session:
                await session.execute(text(statement))

        assert refusal.value.orig.pgcode == READ_ONLY_TRANSACTION
        assert await count(database) == 1
        assert await count(database, select(User.azr_balance)) == 0

    async def test_sees_what_was_committed_between_two_of_its_statements(self, database):
        async with database.read() as session:
            before = await session.scalar(USERS)
            async with database.transaction() as writing:
                writing.add(person())
            after = await session.scalar(USERS)

        assert (before, after) == (0, 1)

    async def test_leaves_other_failures_as_they_are(self, database):
        with pytest.raises(DBAPIError) as failure:
            async with database.read() as session:
                await session.execute(text("SELECT 1 / 0"))

        assert failure.value.orig.pgcode == "22012"

    async def test_lets_the_exceptions_of_its_block_through(self, database):
        with pytest.raises(KeyError):
            async with database.read():
                raise KeyError


class TestFetch:
    async def test_answers_with_values_of_the_usual_types(self, database):
        async with database.transaction() as session:
            user = person(preferences={"theme": "dark", "sizes": [1, 2]}, roles=["learner"])
            session.add(user)
        columns = (User.id, User.preferences, User.roles, User.azr_balance, User.email)

        ((id_, preferences, *others),) = await database.fetch(Statement(select(*columns)))

        assert isinstance(id_, UUID)
        assert id_ == user.id
        assert preferences == {"theme": "dark", "sizes": [1, 2]}
        assert others == [["learner"], 0, "amara@example.com"]

    async def test_cannot_write_because_postgresql_refuses_it(self, database):
        async with database.transaction() as session:
            session.add(person())
        locking = Statement(select(User.email).with_for_update())

        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await database.fetch(locking)

    async def test_binds_its_values(self, database):
        wanted = Statement(select(User.email).where(User.email == bindparam("email")))
        async with database.transaction() as session:
            session.add(person())

        found = [
            await database.fetch(wanted, {"email": email})
            for email in ("amara@example.com", "' OR true --", "amara@example.com")
        ]

        assert [len(each) for each in found] == [1, 0, 1]

    async def test_sees_what_was_committed_before_it_began(self, database):
        users = Statement(USERS)
        before = await database.fetch(users)
        async with database.transaction() as session:
            session.add(person())

        assert (before, await database.fetch(users)) == ([(0,)], [(1,)])

    async def test_keeps_time_in_utc(self, database):
        zone = Statement(select(func.current_setting("timezone"), func.now()))

        ((name, now),) = await database.fetch(zone)

        assert name == "UTC"
        assert now.tzinfo is UTC
        assert abs((datetime.now(UTC) - now).total_seconds()) < 60

    async def test_leaves_other_failures_as_they_are_and_goes_on(self, small_database):
        division = Statement(select(literal(1) / bindparam("divisor", type_=Integer())))

        with pytest.raises(asyncpg.DivisionByZeroError):
            await small_database.fetch(division, {"divisor": 0})
        with pytest.raises(asyncpg.DataError):
            await small_database.fetch(division, {"divisor": "none"})

        assert [row[0] for row in await small_database.fetch(division, {"divisor": 1})] == [1]

    async def test_is_an_outage_when_nothing_listens(self):
        database = Database(CLOSED, pool_size=1)

        for _ in range(3):
            with pytest.raises(StoreUnavailable) as outage:
                await database.fetch(OWN_PROCESS)
            assert outage.value.store == "PostgreSQL"

    async def test_heals_when_its_connection_was_cut(self, small_database, database):
        ((own,),) = await small_database.fetch(OWN_PROCESS)
        cut = asyncio.create_task(small_database.fetch(SLEEP, {"seconds": 30}))
        await asyncio.sleep(0.05)
        async with database.transaction() as session:
            await session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})

        with pytest.raises(StoreUnavailable):
            await cut
        ((other,),) = await small_database.fetch(OWN_PROCESS)

        assert other != own


class TestTransaction:
    async def test_commits_everything_when_its_block_ends(self, database):
        async with database.transaction() as session:
            session.add(person(email="one@example.com"))
            session.add(person(email="two@example.com"))

        assert await count(database) == 2

    async def test_leaves_nothing_behind_when_its_block_fails(self, database):
        async def command():
            async with database.transaction() as session:
                session.add(person())
                await session.flush()
                raise KeyError

        with pytest.raises(KeyError):
            await command()

        assert await count(database) == 0

    async def test_leaves_nothing_behind_when_the_last_statement_is_refused(self, database):
        async def command():
            async with database.transaction() as session:
                session.add(person(email="one@example.com"))
                await session.flush()
                session.add(person(email="one@example.com"))

        with pytest.raises(IntegrityError):
            await command()

        assert await count(database) == 0

    async def test_is_not_seen_by_readers_before_its_end(self, database):
        async with database.transaction() as session:
            session.add(person())
            await session.flush()
            during = await count(database)

        assert during == 0

    async def test_keeps_rows_readable_after_its_end(self, database):
        async with database.transaction() as session:
            user = person()
            session.add(user)

        assert user.email == "amara@example.com"


class TestOutages:
    @pytest.mark.parametrize("way", ["read", "transaction"])
    async def test_are_named_when_nothing_listens(self, way):
        database = Database(CLOSED, pool_size=1)

        with pytest.raises(StoreUnavailable) as outage:
            async with getattr(database, way)() as session:
                await session.execute(text("SELECT 1"))

        assert outage.value.store == "PostgreSQL"

    async def test_are_named_when_every_session_is_taken(self, small_database):
        async with small_database.read() as session:
            await session.execute(text("SELECT 1"))
            with pytest.raises(StoreUnavailable):
                await count(small_database)

        await count(small_database)

    async def test_are_named_when_every_connection_of_fetches_is_taken(self, small_database):
        slow = asyncio.create_task(small_database.fetch(SLEEP, {"seconds": 0.5}))
        await asyncio.sleep(0)

        with pytest.raises(StoreUnavailable):
            await small_database.check()

        await slow
        await small_database.check()

    async def test_are_named_when_a_statement_takes_too_long(self, addresses):
        database = Database(addresses.database_url, pool_size=1, statement_seconds_max=0.05)

        with pytest.raises(StoreUnavailable):
            async with database.read() as session:
                await session.execute(text("SELECT pg_sleep(30)"))

        with pytest.raises(StoreUnavailable):
            await database.fetch(SLEEP, {"seconds": 30})

        await database.check()
        await database.close()

    @pytest.mark.parametrize("is_read_only", [True, False])
    async def test_end_with_the_next_connection(self, small_database, database, is_read_only):
        await small_database.check()
        async with small_database.transaction() as session:
            await session.execute(text("SELECT 1"))
        engine = small_database.read_engine if is_read_only else small_database.write_engine
        async with engine.connect() as connection:
            own = await connection.scalar(text("SELECT pg_backend_pid()"))
        async with database.transaction() as session:
            await session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
        begin = small_database.read if is_read_only else small_database.transaction

        with pytest.raises(StoreUnavailable):
            async with begin() as session:
                await session.execute(text("SELECT 1"))

        async with begin() as session:
            assert await session.scalar(text("SELECT 1")) == 1

    async def test_are_named_when_a_connection_ends_while_it_is_set_up(self, small_database):
        @event.listens_for(small_database.write_engine.sync_engine, "connect")
        def lose(_connection, _record):
            message = "connection is closed"
            raise asyncpg.InterfaceError(message)

        with pytest.raises(StoreUnavailable):
            async with small_database.transaction() as session:
                await session.execute(USERS)


class TestCheck:
    async def test_returns_while_postgresql_answers(self, database):
        await database.check()

    async def test_is_an_outage_when_nothing_listens(self):
        with pytest.raises(StoreUnavailable):
            await Database(CLOSED, pool_size=1).check()


class TestConnections:
    async def test_keep_time_in_utc_whatever_the_server_prefers(self, database):
        async with database.read() as reading, database.transaction() as writing:
            zones = [await session.scalar(text("SHOW timezone")) for session in (reading, writing)]

        assert zones == ["UTC", "UTC"]


class TestViolatedConstraint:
    @pytest.mark.parametrize(
        ("rows", "name"),
        [
            ([person(), person()], "uq_users_email"),
            ([person(country_code="za")], "ck_users_country_code_form"),
            ([person(azr_balance=-1)], "ck_users_azr_balance_range"),
            (
                [Service(name="Mine", provider_id="00000000-0000-7000-8000-000000000001")],
                "fk_services_provider_id",
            ),
        ],
    )
    async def test_is_the_name_that_the_migration_gave(self, database, rows, name):
        with pytest.raises(IntegrityError) as refusal:
            async with database.transaction() as session:
                session.add_all(rows)

        assert violated_constraint(refusal.value) == name

    def test_is_none_for_errors_without_a_cause(self):
        error = IntegrityError("INSERT", {}, None)

        assert violated_constraint(error) is None


class TestAsyncpgUrl:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("postgresql://u:p@h:1/d?x=y", "postgresql+asyncpg://u:p@h:1/d?x=y"),
            ("postgresql+asyncpg://h/d", "postgresql+asyncpg://h/d"),
        ],
    )
    def test_names_the_driver_once(self, url, expected):
        found = asyncpg_url(url)

        assert found == expected
