"""Reads of rows by key, and counts by parent, in the order that was asked."""

from datetime import UTC

from sqlalchemy import bindparam
from sqlmodel import col

from core.ids import new_id
from models.rows import ServiceRow
from models.tables import Service
from resolvers.rows import CountsByParent, RowsById

IS_ACTIVE = col(Service.is_active).is_(True)
OF_CATEGORY = {"category": col(Service.category) == bindparam("category")}
SERVICES = RowsById(Service, ServiceRow)
COUNTS = CountsByParent(Service, "provider_id")


class TestRowsById:
    async def test_answers_in_the_order_of_the_ids_with_none_for_what_is_not_there(
        self, database, make
    ):
        provider = await make.user()
        first, second = await make.service(provider), await make.service(provider)

        found = await SERVICES.read(database, [second.id, new_id(), first.id, second.id])

        assert [row and row.id for row in found] == [second.id, None, first.id, second.id]

    async def test_leaves_out_what_the_conditions_exclude(self, database, make):
        provider = await make.user()
        active = await make.service(provider)
        hidden = await make.service(provider, state="paused")

        active_services = RowsById(Service, ServiceRow, where=(IS_ACTIVE,))
        found = await active_services.read(database, [hidden.id, active.id])

        assert [row and row.id for row in found] == [None, active.id]

    async def test_takes_the_choices_that_have_a_parameter(self, database, make):
        provider = await make.user()
        design = await make.service(provider, category="Design")
        other = await make.service(provider, category="Language")
        services = RowsById(Service, ServiceRow, choices=OF_CATEGORY)

        ids = [other.id, design.id]
        found = [
            await services.read(database, ids, parameters)
            for parameters in ({}, {"category": "Design"}, {"category": "Language"}, {})
        ]

        kept = [[row and row.category for row in rows] for rows in found]
        both = ["Language", "Design"]
        assert kept == [both, [None, "Design"], ["Language", None], both]

    async def test_reads_what_was_written_with_its_time_in_utc(self, database, make):
        service = await make.service(await make.user(), price_azr="0.00000001")

        (row,) = await SERVICES.read(database, [service.id])

        assert row.created_at == service.created_at
        assert row.created_at.tzinfo is UTC
        assert str(row.price_azr) == "1E-8"

    async def test_sends_one_statement_for_many_ids_and_none_less_for_no_id(
        self, database, make, statements
    ):
        ids = [(await make.service(await make.user())).id for _ in range(5)]

        with statements.counting() as counted:
            await SERVICES.read(database, ids)

        assert len(counted.sql) == 1
        assert await SERVICES.read(database, []) == []


class TestCountsByParent:
    async def test_counts_the_rows_of_each_parent_with_zero_for_those_without(self, database, make):
        busy, idle, one = [await make.user() for _ in range(3)]
        for provider in (busy, busy, one):
            await make.service(provider)

        found = await COUNTS.read(database, [one.id, busy.id, idle.id, busy.id])

        assert found == [1, 2, 0, 2]

    async def test_counts_only_what_the_conditions_include(self, database, make):
        provider = await make.user()
        await make.service(provider)
        await make.service(provider, state="paused")

        active = CountsByParent(Service, "provider_id", where=(IS_ACTIVE,))
        found = await active.read(database, [provider.id])

        assert found == [1]

    async def test_takes_the_choices_that_have_a_parameter(self, database, make):
        provider = await make.user()
        await make.service(provider, category="Design")
        counts = CountsByParent(Service, "provider_id", choices=OF_CATEGORY)

        found = [
            await counts.read(database, [provider.id], {"category": category})
            for category in ("Design", "Language")
        ]

        assert found == [[1], [0]]
