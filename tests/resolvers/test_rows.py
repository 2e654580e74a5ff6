"""Reads of rows by key, and counts by parent, in the order that was asked."""

from sqlmodel import col

from core.ids import new_id
from models.rows import ServiceRow
from models.tables import Service
from resolvers.rows import counts_by_parent, rows_by_id


class TestRowsById:
    async def test_answers_in_the_order_of_the_ids_with_none_for_what_is_not_there(
        self, database, make
    ):
        provider = await make.user()
        first, second = await make.service(provider), await make.service(provider)

        found = await rows_by_id(
            database, Service, ServiceRow, [second.id, new_id(), first.id, second.id]
        )

        assert [row and row.id for row in found] == [second.id, None, first.id, second.id]

    async def test_leaves_out_what_the_conditions_exclude(self, database, make):
        provider = await make.user()
        active = await make.service(provider)
        hidden = await make.service(provider, is_active=False)

        found = await rows_by_id(
            database, Service, ServiceRow, [hidden.id, active.id], col(Service.is_active).is_(True)
        )

        assert [row and row.id for row in found] == [None, active.id]

    async def test_sends_one_statement_for_many_ids_and_none_less_for_no_id(
        self, database, make, statements
    ):
        ids = [(await make.service(await make.user())).id for _ in range(5)]

        with statements.counting() as counted:
            await rows_by_id(database, Service, ServiceRow, ids)

        assert len(counted.sql) == 1
        assert await rows_by_id(database, Service, ServiceRow, []) == []


class TestCountsByParent:
    async def test_counts_the_rows_of_each_parent_with_zero_for_those_without(self, database, make):
        busy, idle, one = [await make.user() for _ in range(3)]
        for provider in (busy, busy, one):
            await make.service(provider)

        found = await counts_by_parent(
            database, Service, "provider_id", [one.id, busy.id, idle.id, busy.id]
        )

        assert found == [1, 2, 0, 2]

    async def test_counts_only_what_the_conditions_include(self, database, make):
        provider = await make.user()
        await make.service(provider)
        await make.service(provider, is_active=False)

        found = await counts_by_parent(
            database, Service, "provider_id", [provider.id], col(Service.is_active).is_(True)
        )

        assert found == [1]
