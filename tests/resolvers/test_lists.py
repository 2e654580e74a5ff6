"""Lists, and what asking for their counts costs."""

import asyncio

from models.rows import ServiceRow
from models.tables import Service
from resolvers.keyset import NEWEST, Listing, Page
from resolvers.lists import whole_list
from resolvers.marketplace.queries import services_of_providers

SERVICES = Listing(Service, ServiceRow, NEWEST)


class TestWholeList:
    async def test_counts_only_when_somebody_asks(self, context, make, statements):
        provider = await make.user()
        for _ in range(3):
            await make.service(provider)

        with statements.counting() as reading:
            found = await whole_list(context, SERVICES, Page(first=2))
            read = len(reading.sql)
            counted = await found.count()

        assert len(found.rows) == 2
        assert counted == 3
        assert (read, len(reading.sql)) == (1, 2)


class TestListsOfParents:
    async def test_answer_each_mention_of_a_parent_with_its_rows_once(self, context, make):
        provider, other = await make.user(), await make.user()
        services = [await make.service(provider) for _ in range(3)]

        slices = await services_of_providers(context, [provider.id, other.id, provider.id], Page())

        newest = [service.id for service in reversed(services)]
        assert [[row.id for row in each.rows] for each in slices] == [newest, [], newest]

    async def test_read_and_count_all_parents_in_one_statement_each(
        self, context, make, statements
    ):
        providers = [await make.user() for _ in range(3)]
        for provider in providers:
            await make.service(provider)

        with statements.counting() as reading:
            slices = await services_of_providers(context, [each.id for each in providers], Page())
            read = len(reading.sql)
            counts = await asyncio.gather(*(each.count() for each in slices))

        assert counts == [1, 1, 1]
        assert (read, len(reading.sql)) == (1, 2)
