"""The tables: the blueprint's columns as it writes them, and what the database itself refuses."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from core.database import Database, violated_constraint
from core.settings import Settings
from models.tables import (
    Category,
    Course,
    Enrolment,
    Lesson,
    Review,
    Service,
    Session,
    TokenPrice,
    Transaction,
    User,
)

# Blueprint 4.1: (column, type, length or precision and scale, default).
BLUEPRINT = {
    "users": [
        ("id", "uuid", None, "gen_random_uuid()"),
        ("email", "character varying", 255, None),
        ("password_hash", "text", None, None),
        ("full_name", "character varying", 255, None),
        ("country_code", "character", 2, "'ZA'::bpchar"),
        ("azr_balance", "numeric", (18, 8), "0"),
        ("created_at", "timestamp without time zone", None, "now()"),
        ("updated_at", "timestamp without time zone", None, "now()"),
    ],
    "transactions": [
        ("id", "uuid", None, "gen_random_uuid()"),
        ("user_id", "uuid", None, None),
        ("type", "character varying", 50, None),
        ("amount", "numeric", (18, 8), None),
        ("currency", "character varying", 10, "'AZR'::character varying"),
        ("status", "character varying", 20, "'pending'::character varying"),
        ("created_at", "timestamp without time zone", None, "now()"),
    ],
    "services": [
        ("id", "uuid", None, "gen_random_uuid()"),
        ("name", "character varying", 255, None),
        ("category", "character varying", 100, None),
        ("price_azr", "numeric", (18, 8), None),
        ("provider_id", "uuid", None, None),
        ("is_active", "boolean", None, "true"),
        ("created_at", "timestamp without time zone", None, "now()"),
    ],
}
MONEY = [
    ("users", "azr_balance"),
    ("services", "price_azr"),
    ("transactions", "amount"),
    ("token_prices", "usd"),
]
NOT_MONEY = [
    "'NaN'",
    "-0.00000001",
    "-1",
    "9999999999.999999999",
    "10000000000",
    "'Infinity'",
    "'-Infinity'",
]
TOUCHES = {
    "users": "UPDATE users SET language = 'sw'",
    "services": "UPDATE services SET category = 'Writing'",
    "courses": "UPDATE courses SET subject = 'Farming'",
}


class TestBlueprint:
    @pytest.mark.parametrize("table", BLUEPRINT)
    async def test_has_its_columns_types_and_defaults(self, database, table):
        names = [column[0] for column in BLUEPRINT[table]]

        async with database.read() as session:
            found = await session.execute(
                text(
                    "SELECT column_name, data_type, character_maximum_length, numeric_precision,"
                    " numeric_scale, column_default FROM information_schema.columns"
                    " WHERE table_name = :table AND column_name = ANY(:names)"
                    " ORDER BY ordinal_position"
                ),
                {"table": table, "names": names},
            )

        columns = [
            (name, kind, length or ((precision, scale) if precision else None), default)
            for name, kind, length, precision, scale, default in found
        ]
        assert columns == BLUEPRINT[table]


class TestMoney:
    @pytest.mark.parametrize("amount", NOT_MONEY)
    @pytest.mark.parametrize(("table", "column"), MONEY)
    async def test_is_finite_and_within_its_range(self, database, make, table, column, amount):
        user = await make.user(azr_balance=Decimal(1))
        await make.service(user, price_azr=Decimal(1))
        await make.transaction(user, amount=Decimal(1))
        await make.token_price("1")

        with pytest.raises(DBAPIError) as refusal:
            async with database.transaction() as session:
                await session.execute(text(f"UPDATE {table} SET {column} = {amount}"))

        if isinstance(refusal.value, IntegrityError):
            assert violated_constraint(refusal.value) == f"ck_{table}_{column}_range"
        else:
            assert "numeric field overflow" in str(refusal.value)
        async with database.read() as session:
            assert await session.scalar(text(f"SELECT {column} FROM {table}")) == Decimal(1)

    @pytest.mark.parametrize("amount", ["0.00000001", "9999999999.99999999"])
    @pytest.mark.parametrize(("table", "column"), MONEY)
    async def test_is_kept_with_all_its_digits(self, database, make, table, column, amount):
        user = await make.user(azr_balance=Decimal(amount))
        await make.service(user)
        await make.transaction(user)
        await make.token_price("1")

        async with database.transaction() as session:
            await session.execute(text(f"UPDATE {table} SET {column} = {amount}"))

        async with database.read() as session:
            assert await session.scalar(text(f"SELECT {column} FROM {table}")) == Decimal(amount)

    async def test_has_a_price_above_zero(self, make):
        with pytest.raises(IntegrityError) as refusal:
            await make.token_price("0")

        assert violated_constraint(refusal.value) == "ck_token_prices_usd_range"


def own_statement(session, row):
    """A change that the program makes."""
    for name, value in (("language", "sw"), ("category", "Writing"), ("subject", "Farming")):
        if name in type(row).model_fields:
            setattr(row, name, value)
    session.add(row)


class TestUpdatedAt:
    @pytest.fixture
    async def rows(self, database, make):
        """A row of each table that keeps the time of its last change, as if made long ago."""
        user = await make.user()
        found = {"users": user, "services": await make.service(user)}
        found["courses"] = await make.course(user, lessons=0)
        async with database.transaction() as session:
            for table in TOUCHES:
                await session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
                await session.execute(text(f"UPDATE {table} SET updated_at = '2026-01-01'"))
                await session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        return found

    @pytest.fixture
    def seconds_old(self, database):
        async def run(table):
            sql = f"SELECT clock_timestamp()::timestamp - updated_at::timestamp FROM {table}"
            async with database.read() as session:
                return (await session.scalar(text(sql))).total_seconds()

        return run

    @pytest.mark.parametrize("table", TOUCHES)
    @pytest.mark.parametrize(
        "change",
        [
            "{touch}",
            "{touch}, updated_at = '2020-01-01'",
            "UPDATE {table} SET id = id",
            "WITH changed AS ({touch} RETURNING id) SELECT * FROM changed",
        ],
    )
    async def test_moves_with_every_statement(self, database, rows, seconds_old, table, change):
        statement = change.format(touch=TOUCHES[table], table=table)

        async with database.transaction() as session:
            await session.execute(text(statement))

        assert 0 <= await seconds_old(table) < 60

    @pytest.mark.parametrize("table", TOUCHES)
    async def test_moves_with_every_change_of_the_program(self, database, rows, seconds_old, table):
        async with database.transaction() as session:
            own_statement(session, rows[table])

        assert 0 <= await seconds_old(table) < 60

    async def test_moves_with_an_insert_that_becomes_an_update(self, database, rows, seconds_old):
        statement = """
            INSERT INTO users (email, password_hash) SELECT email, password_hash FROM users
            ON CONFLICT (email) DO UPDATE SET language = 'sw'
        """

        async with database.transaction() as session:
            await session.execute(text(statement))

        assert 0 <= await seconds_old("users") < 60

    async def test_of_people_stays_when_only_azr_moved(self, database, make, rows):
        person = await make.azr(rows["users"], 5)

        assert person.azr_balance == 5
        assert person.updated_at == datetime(2026, 1, 1, tzinfo=UTC)

    async def test_stays_where_nothing_changed(self, database, make, rows):
        async with database.transaction() as session:
            await session.execute(text("UPDATE users SET language = 'sw' WHERE false"))

        async with database.read() as session:
            moment = await session.scalar(select(User.updated_at))
        assert moment == datetime(2026, 1, 1, tzinfo=UTC)


class TestKeys:
    def test_are_made_by_every_model_with_an_id(self):
        models = [User, Session, Service, Review, Course, Lesson, Enrolment, Transaction]

        versions = {
            model.__name__: model.model_fields["id"].get_default(call_default_factory=True).version
            for model in [*models, TokenPrice]
        }

        assert set(versions.values()) == {7}

    async def test_are_made_by_the_database_for_rows_that_bring_none(self, database):
        async with database.transaction() as session:
            statement = "INSERT INTO users (email, password_hash) VALUES ('a@example.com', '')"
            key = await session.scalar(text(f"{statement} RETURNING id"))

        assert key.version == 4


class TestTimes:
    async def test_are_aware_and_in_utc_whatever_zone_they_came_in(self, database, make):
        nairobi = timezone(timedelta(hours=3))
        moment = datetime(2026, 11, 22, 1, 30, 0, 123_456, tzinfo=nairobi)
        user = await make.user(created_at=moment)
        course = await make.course(user, created_at=moment)

        async with database.read() as session:
            found = [
                await session.scalar(select(User.created_at)),
                await session.scalar(select(Course.created_at).where(Course.id == course.id)),
            ]

        assert found == [moment, moment]
        assert [each.utcoffset() for each in found] == [timedelta(0), timedelta(0)]


class TestRules:
    """What the database refuses whoever writes."""

    @pytest.mark.parametrize(
        ("statement", "name"),
        [
            ("UPDATE users SET country_code = 'za'", "ck_users_country_code_form"),
            ("UPDATE users SET handle = 'No'", "ck_users_handle_form"),
            ("UPDATE users SET roles = '{learner,king}'", "ck_users_roles_known"),
            ("UPDATE transactions SET type = 'gift'", "ck_transactions_type_known"),
            ("UPDATE transactions SET status = 'lost'", "ck_transactions_status_known"),
            ("UPDATE services SET review_count = -1", "ck_services_rating_total_range"),
            ("UPDATE services SET rating_total = 1", "ck_services_rating_total_range"),
            ("UPDATE services SET state = 'lost'", "ck_services_state_known"),
            ("UPDATE services SET state = 'draft'", "ck_services_state_published"),
            ("UPDATE services SET is_active = false", "ck_services_state_published"),
            ("UPDATE categories SET position = 0", "ck_categories_position_range"),
            ("UPDATE categories SET position = 1", "uq_categories_position"),
            ("UPDATE courses SET level = 'expert'", "ck_courses_level_known"),
            ("UPDATE lessons SET position = 0", "ck_lessons_position_range"),
            ("UPDATE lessons SET duration_minutes = 601", "ck_lessons_duration_minutes_range"),
            ("UPDATE services SET provider_id = gen_random_uuid()", "fk_services_provider_id"),
            ("UPDATE transactions SET user_id = gen_random_uuid()", "fk_transactions_user_id"),
        ],
    )
    async def test_have_a_name_each(self, database, make, statement, name):
        user = await make.user()
        await make.service(user)
        await make.course(user, lessons=1)
        await make.transaction(user)

        with pytest.raises(IntegrityError) as refusal:
            async with database.transaction() as session:
                await session.execute(text(statement))

        assert violated_constraint(refusal.value) == name


class TestCategories:
    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO categories VALUES ('Sorcery', 99)",
            "UPDATE categories SET position = position + 1",
            "DELETE FROM categories",
        ],
    )
    async def test_are_read_and_never_written_by_the_application(self, addresses, statement):
        serving = Database(addresses.database_url, pool_size=1, role=Settings().database_role)

        async with serving.read() as session:
            before = (await session.scalars(select(Category.name))).all()
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with serving.transaction() as session:
                await session.execute(text(statement))

        assert len(before) == 14
        await serving.close()
