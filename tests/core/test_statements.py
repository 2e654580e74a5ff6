"""Statements: compiled once, their values bound in the right places."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Numeric, bindparam, func, literal, select
from sqlmodel import col

from core.ids import new_id
from core.statements import Statement, is_among
from models.base import UtcTimestamp
from models.tables import Service

NAMED = Statement(
    select(col(Service.id))
    .where(
        col(Service.category) == literal("Design"),
        col(Service.name) == bindparam("name"),
        col(Service.price_azr) > bindparam("price", type_=Numeric()),
    )
    .limit(10)
)


class TestStatement:
    def test_binds_constants_and_parameters_in_the_order_of_their_places(self):
        arguments = NAMED.arguments({"price": Decimal(1), "name": "Logo", "unused": 0})

        places = [NAMED.sql.index(f"${place}::") for place in (1, 2, 3, 4)]
        assert places == sorted(places)
        assert arguments == ["Design", "Logo", Decimal(1), 10]

    @pytest.mark.parametrize("name", ["' OR 1 = 1 --", "%s", ":name", "$1", "\n"])
    def test_never_has_a_value_in_its_text(self, name):
        before = NAMED.sql

        arguments = NAMED.arguments({"name": name, "price": 0})

        assert NAMED.sql == before
        assert arguments[1] == name
        assert "Design" not in NAMED.sql

    def test_misses_a_parameter_without_a_value(self):
        with pytest.raises(KeyError, match="price"):
            NAMED.arguments({"name": "Logo"})

    def test_binds_times_as_the_column_has_them(self):
        noon = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=2)))
        since = col(Service.created_at) > bindparam("since", type_=UtcTimestamp())
        until = col(Service.created_at) < literal(noon, UtcTimestamp())
        statement = Statement(select(func.count()).where(since, until))

        arguments = statement.arguments({"since": noon})

        assert arguments == [datetime(2026, 11, 22, 10)] * 2  # noqa: DTZ001  # as it is stored

    def test_refuses_columns_that_python_would_convert(self):
        statement = Statement(select(col(Service.created_at)))

        with pytest.raises(TypeError, match="which Python would convert"):
            _ = statement.sql


class TestIsAmong:
    @pytest.mark.parametrize("length", [0, 1, 3])
    async def test_takes_any_number_of_ids_in_one_place(self, database, make, length):
        provider = await make.user()
        ids = [(await make.service(provider)).id for _ in range(3)]
        statement = Statement(select(col(Service.id)).where(is_among(col(Service.id), "ids")))

        found = await database.fetch(statement, {"ids": [*ids[:length], new_id()]})

        assert {row[0] for row in found} == set(ids[:length])
        assert statement.sql.count("$") == 1
