"""Facets: what each choice of a filter would leave, without its own condition."""

from decimal import Decimal

import pytest

from resolvers.marketplace.catalogue import ServiceFilter
from resolvers.marketplace.facets import (
    PRICE_BANDS_AZR,
    category_counts,
    country_counts,
    price_counts,
    rating_counts,
)


@pytest.fixture
async def services(make):
    kenyan, ghanaian = await make.user(country_code="KE"), await make.user(country_code="GH")
    for provider, name, category, price, ratings in (
        (kenyan, "Logo", "Design", "5", [5, 4]),
        (kenyan, "Poster", "Design", "10", [3]),
        (ghanaian, "Logo with words", "Writing", "99.999999", []),
        (ghanaian, "Essay", "Writing", "1000", [2]),
        (await make.user(country_code="ZA"), "Song", "Music", "49.5", []),
    ):
        service = await make.service(
            provider, name=name, category=category, price_azr=Decimal(price)
        )
        for rating in ratings:
            await make.review(service, await make.user(), rating)
    await make.service(kenyan, category="Design", state="paused")


def bands(found):
    return {str(band.from_azr): band.count for band in found if band.count}


class TestFacets:
    async def test_count_all_services_on_offer(self, services, context):
        everything = ServiceFilter()

        categories = await category_counts(context, everything)
        countries = await country_counts(context, everything)
        prices = await price_counts(context, everything)
        ratings = await rating_counts(context, everything)

        assert categories == [("Design", 2), ("Writing", 2), ("Music", 1)]
        assert countries == [("GH", 2), ("KE", 2), ("ZA", 1)]
        assert bands(prices) == {"0": 1, "10": 2, "50": 1, "1000": 1}
        assert ratings == [(4, 1), (3, 2), (2, 3), (1, 3)]

    async def test_count_without_their_own_condition_and_with_the_others(self, services, context):
        wanted = ServiceFilter(
            categories=("Design",), country="KE", price_max_azr=Decimal(20), rating_min=4
        )

        assert await category_counts(context, wanted) == [("Design", 1)]
        assert await country_counts(context, wanted) == [("KE", 1)]
        assert bands(await price_counts(context, wanted)) == {"0": 1}
        assert await rating_counts(context, wanted) == [(4, 1), (3, 2), (2, 2), (1, 2)]

    async def test_count_what_a_search_finds(self, services, context):
        wanted = ServiceFilter(search="logoo", categories=("Design",))

        assert await category_counts(context, wanted) == [("Design", 1), ("Writing", 1)]
        assert await country_counts(context, wanted) == [("KE", 1)]

    async def test_have_every_band_of_prices(self, context):
        found = await price_counts(context, ServiceFilter())

        assert [band.from_azr for band in found] == list(PRICE_BANDS_AZR)
        assert [band.below_azr for band in found] == [*PRICE_BANDS_AZR[1:], None]
        assert [band.count for band in found] == [0] * len(found)
