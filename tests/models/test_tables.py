"""The tables: the blueprint's columns as it writes them, and what the database itself refuses."""

from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.database import violated_constraint

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
MONEY = [("users", "azr_balance"), ("services", "price_azr"), ("transactions", "amount")]
NOT_MONEY = ["'NaN'", "-0.00000001", "9999999999.999999999"]
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

        with pytest.raises(DBAPIError) as refusal:
            async with database.transaction() as session:
                await session.execute(text(f"UPDATE {table} SET {column} = {amount}"))

        if isinstance(refusal.value, IntegrityError):
            assert violated_constraint(refusal.value) == f"ck_{table}_{column}_range"
        else:
            assert "numeric field overflow" in str(refusal.value)
        async with database.read() as session:
            assert await session.scalar(text(f"SELECT {column} FROM {table}")) == Decimal(1)


class TestUpdatedAt:
    @pytest.mark.parametrize("table", TOUCHES)
    async def test_moves_with_every_change_by_whomever(self, database, make, table):
        user = await make.user()
        await make.service(user)
        await make.course(user)
        async with database.transaction() as session:
            await session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            await session.execute(text(f"UPDATE {table} SET updated_at = '2026-01-01'"))
            await session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))

        async with database.transaction() as session:
            await session.execute(text(TOUCHES[table]))

        async with database.read() as session:
            age = await session.scalar(
                text(f"SELECT now()::timestamp - max(updated_at)::timestamp FROM {table}")
            )
        assert abs(age.total_seconds()) < 60


class TestKeys:
    async def test_are_of_version_seven(self, make):
        user = await make.user()

        assert user.id.version == 7
        assert (await make.service(user)).id.version == 7
        assert (await make.transaction(user)).id.version == 7
