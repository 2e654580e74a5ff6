"""Services and reviews through the graph."""

from decimal import Decimal

import pytest

from core.ids import encode_id, new_id
from graph.engine import RequestRejected
from tests.subgraphs.world import shown_time


def names(result):
    """The names of the services on a page of `services`."""
    return [service["name"] for service in result.data["services"]["nodes"]]


@pytest.fixture
async def catalogue(make):
    """Five services on offer, and one that is not."""
    ama, wanjiru = await make.user(), await make.user()
    logo = await make.service(ama, name="Logo", category="Design", price_azr=Decimal(30))
    website = await make.service(
        wanjiru, name="Website", category="Programming", price_azr=Decimal("150.000001")
    )
    await make.service(ama, name="Banner", category="Design", price_azr=Decimal(10))
    voice = await make.service(
        wanjiru,
        name="Voice",
        category=None,
        price_azr=Decimal(150),
        description="Swahili and isiZulu narration.",
    )
    await make.service(ama, name="App", category="Programming", price_azr=Decimal(400))
    await make.service(ama, name="Hidden", category="Design", state="paused")
    await make.review(logo, wanjiru, 5)
    await make.review(website, ama, 4)
    await make.review(website, await make.user(), 5)
    await make.review(voice, ama, 3)


class TestService:
    async def test_has_every_field(self, ask, make):
        provider, author = await make.user(), await make.user()
        service = await make.service(provider, price_azr=Decimal("12.345678"))
        review = await make.review(service, author, 5)

        result = await ask(
            """query ($id: ID!) { service(id: $id) {
                id name category description priceAzr isActive averageRating reviewCount createdAt
                provider { id fullName rating }
                reviews { totalCount nodes {
                    id rating comment createdAt author { fullName } service { name }
                } }
            } }""",
            id=encode_id("svc", service.id),
        )

        assert result.body() == {
            "data": {
                "service": {
                    "id": encode_id("svc", service.id),
                    "name": service.name,
                    "category": "Design",
                    "description": "A sentence about it.",
                    "priceAzr": "12.34567800",
                    "isActive": True,
                    "averageRating": 5.0,
                    "reviewCount": 1,
                    "createdAt": shown_time(service.created_at),
                    "provider": {
                        "id": encode_id("usr", provider.id),
                        "fullName": provider.full_name,
                        "rating": 5.0,
                    },
                    "reviews": {
                        "totalCount": 1,
                        "nodes": [
                            {
                                "id": encode_id("rev", review.id),
                                "rating": 5,
                                "comment": "Well done.",
                                "createdAt": shown_time(review.created_at),
                                "author": {"fullName": author.full_name},
                                "service": {"name": service.name},
                            }
                        ],
                    },
                }
            }
        }

    async def test_may_lack_a_price_a_category_a_provider_and_reviews(self, ask, make):
        provider = await make.user()
        service = await make.service(provider, price_azr=None, category=None, provider_id=None)

        result = await ask(
            """query ($id: ID!) { service(id: $id) {
                priceAzr category provider { id } averageRating reviewCount
                reviews { totalCount nodes { id } }
            } }""",
            id=encode_id("svc", service.id),
        )

        assert result.body() == {
            "data": {
                "service": {
                    "priceAzr": None,
                    "category": None,
                    "provider": None,
                    "averageRating": None,
                    "reviewCount": 0,
                    "reviews": {"totalCount": 0, "nodes": []},
                }
            }
        }

    async def test_is_shown_by_id_when_it_is_not_on_offer(self, ask, make):
        service = await make.service(await make.user(), state="paused")

        result = await ask(
            "query ($id: ID!) { service(id: $id) { isActive } }", id=encode_id("svc", service.id)
        )

        assert result.body() == {"data": {"service": {"isActive": False}}}

    async def test_is_null_when_there_is_none(self, ask):
        result = await ask(
            "query ($id: ID!) { service(id: $id) { id } }", id=encode_id("svc", new_id())
        )

        assert result.body() == {"data": {"service": None}}

    async def test_refuses_the_id_of_something_else(self, ask):
        result = await ask(
            "query ($id: ID!) { service(id: $id) { id } }", id=encode_id("usr", new_id())
        )

        assert result.data == {"service": None}
        assert [error["extensions"] for error in result.errors] == [{"code": "BAD_USER_INPUT"}]

    async def test_shows_its_newest_reviews_first_page_by_page(self, ask, make):
        service = await make.service(await make.user())
        for rating in (1, 2, 3):
            await make.review(service, await make.user(), rating)
        document = """query ($id: ID!, $after: String) { service(id: $id) {
            averageRating
            reviews(first: 2, after: $after) { nodes { rating } pageInfo { endCursor } }
        } }"""
        id_ = encode_id("svc", service.id)

        first = await ask(document, id=id_)
        after = first.data["service"]["reviews"]["pageInfo"]["endCursor"]
        second = await ask(document, id=id_, after=after)

        assert first.data["service"]["averageRating"] == 2.0
        assert first.data["service"]["reviews"]["nodes"] == [{"rating": 3}, {"rating": 2}]
        assert second.data["service"]["reviews"]["nodes"] == [{"rating": 1}]


class TestServices:
    async def test_are_those_on_offer_newest_first(self, ask, catalogue):
        result = await ask("{ services { totalCount nodes { name } } }")

        assert result.data["services"]["totalCount"] == 5
        assert names(result) == ["App", "Voice", "Banner", "Website", "Logo"]

    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("NEWEST", ["App", "Voice", "Banner", "Website", "Logo"]),
            ("PRICE_LOW_TO_HIGH", ["Banner", "Logo", "Voice", "Website", "App"]),
            ("PRICE_HIGH_TO_LOW", ["App", "Website", "Voice", "Logo", "Banner"]),
            ("NAME", ["App", "Banner", "Logo", "Voice", "Website"]),
            ("RATING", ["Logo", "Website", "Voice"]),
        ],
    )
    async def test_come_in_the_order_that_is_asked_page_by_page(
        self, ask, catalogue, sort, expected
    ):
        document = """query ($sort: ServiceSort!, $after: String) {
            services(sort: $sort, first: 2, after: $after) {
                nodes { name } pageInfo { endCursor hasNextPage }
            }
        }"""
        listed, after, has_next = [], None, True

        while has_next:
            page = await ask(document, sort=sort, after=after)
            listed += names(page)
            after = page.data["services"]["pageInfo"]["endCursor"]
            has_next = page.data["services"]["pageInfo"]["hasNextPage"]

        assert listed[: len(expected)] == expected
        assert sorted(listed) == ["App", "Banner", "Logo", "Voice", "Website"]

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ('{category: "Design"}', ["Banner", "Logo"]),
            ('{category: "design"}', []),
            ('{priceMinAzr: "150"}', ["App", "Voice", "Website"]),
            ('{priceMinAzr: "150.000001"}', ["App", "Website"]),
            ('{priceMaxAzr: "150"}', ["Voice", "Banner", "Logo"]),
            ('{priceMinAzr: "30", priceMaxAzr: "150"}', ["Voice", "Logo"]),
            ('{priceMinAzr: "31", priceMaxAzr: "30"}', []),
            ("{ratingMin: 4.5}", ["Website", "Logo"]),
            ("{ratingMin: 4.501}", ["Logo"]),
            ("{ratingMin: 4.999}", ["Logo"]),
            ("{ratingMin: 5}", ["Logo"]),
            ("{ratingMin: 0}", ["App", "Voice", "Banner", "Website", "Logo"]),
            ('{search: "logo"}', ["Logo"]),
            ('{search: "PROG"}', ["App", "Website"]),
            ('{search: "swahili narr"}', ["Voice"]),
            ('{search: "isizulu"}', ["Voice"]),
            ('{search: "nothing"}', []),
            ('{search: ""}', ["App", "Voice", "Banner", "Website", "Logo"]),
            ('{category: "Programming", search: "web", ratingMin: 4}', ["Website"]),
            (
                "{category: null, priceMinAzr: null, ratingMin: null, search: null}",
                ["App", "Voice", "Banner", "Website", "Logo"],
            ),
            ("null", ["App", "Voice", "Banner", "Website", "Logo"]),
        ],
    )
    async def test_are_filtered(self, ask, catalogue, wanted, expected):
        result = await ask(f"{{ services(filter: {wanted}) {{ totalCount nodes {{ name }} }} }}")

        assert names(result) == expected
        assert result.data["services"]["totalCount"] == len(expected)

    @pytest.mark.parametrize("rating", ["-0.1", "5.01", "1e308", "-1e308"])
    async def test_refuse_a_rating_that_no_service_can_have(self, ask, rating):
        result = await ask(f"{{ services(filter: {{ratingMin: {rating}}}) {{ totalCount }} }}")

        assert result.data is None
        (error,) = result.errors
        assert error["message"] == "`ratingMin` must be from 0 to 5."
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}

    @pytest.mark.parametrize("price", ["1", "1.5", '"-1"', '"1e3"', '"NaN"', '""'])
    async def test_refuse_a_price_that_is_no_amount(self, ask, price):
        document = f"{{ services(filter: {{priceMinAzr: {price}}}) {{ totalCount }} }}"

        with pytest.raises(RequestRejected) as refused:
            await ask(document)

        assert [error["extensions"]["code"] for error in refused.value.errors] == [
            "GRAPHQL_VALIDATION_FAILED"
        ]

    async def test_without_a_price_come_last_among_the_cheap(self, ask, make):
        user = await make.user()
        await make.service(user, name="Free talk", price_azr=None)
        await make.service(user, name="Logo", price_azr=Decimal(1))

        result = await ask("{ services(sort: PRICE_LOW_TO_HIGH) { nodes { name } } }")

        assert names(result) == ["Logo", "Free talk"]

    @pytest.mark.parametrize("size", [0, 1, 4, 5, 99, 100])
    async def test_are_equal_from_the_cache_and_from_the_database(self, ask, catalogue, size):
        document = """query ($size: Int, $sort: ServiceSort! = NEWEST) {
            services(first: $size, sort: $sort) {
                totalCount
                edges { cursor node { id name category description priceAzr isActive
                    averageRating reviewCount createdAt updatedAt provider { fullName } } }
                pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
            }
        }"""

        loaded = await ask(document, size=size)
        cached = await ask(document, size=size)
        filtered = await ask(
            document.replace("sort: $sort", 'sort: $sort, filter: {priceMinAzr: "0"}'), size=size
        )

        assert loaded.errors is None
        assert len(loaded.data["services"]["edges"]) == min(size, 5)
        assert cached.body() == loaded.body()
        assert filtered.body() == loaded.body()


class TestServicesOfAPerson:
    DOCUMENT = """query ($id: ID!) { user(id: $id) {
        rating services { totalCount nodes { name isActive } }
    } }"""

    async def test_are_those_on_offer_for_others(self, ask, make):
        person, other = await make.user(), await make.user()
        await make.service(person, name="Open")
        await make.service(person, name="Closed", state="paused")
        await make.service(other)

        result = await ask(self.DOCUMENT, make.viewer(other), id=encode_id("usr", person.id))

        assert result.data["user"]["services"] == {
            "totalCount": 1,
            "nodes": [{"name": "Open", "isActive": True}],
        }

    @pytest.mark.parametrize("viewer", ["stranger", "admin"])
    async def test_are_all_of_them_for_the_person_and_for_admins(self, ask, make, world, viewer):
        await make.service(world.stranger, name="Closed", state="paused")
        own = {"other_service", "new_service", "closed_service", "dear_service"}

        result = await ask(self.DOCUMENT, world.viewers[viewer], id=world.ids["stranger"])

        services = result.data["user"]["services"]
        assert services["totalCount"] == 1 + len(own)
        assert services["nodes"][0] == {"name": "Closed", "isActive": False}

    async def test_give_the_person_the_average_of_all_reviews(self, ask, make):
        person = await make.user()
        first, second = await make.service(person), await make.service(person)
        for service, rating in ((first, 5), (first, 4), (second, 4)):
            await make.review(service, await make.user(), rating)

        result = await ask(self.DOCUMENT, id=encode_id("usr", person.id))

        assert result.data["user"]["rating"] == 4.33

    async def test_give_no_rating_before_the_first_review(self, ask, make):
        person = await make.user()
        await make.service(person)

        result = await ask(self.DOCUMENT, id=encode_id("usr", person.id))

        assert result.data["user"]["rating"] is None


class TestParentsReachedTwice:
    async def test_show_each_of_their_reviews_once(self, ask, make):
        service = await make.service(await make.user())
        await make.review(service, await make.user())
        reviews = "reviews { totalCount nodes { rating } }"

        result = await ask(
            f"""{{
                a: services(sort: NAME) {{ nodes {{ {reviews} }} }}
                b: services(sort: RATING) {{ nodes {{ {reviews} }} }}
            }}"""
        )

        once = {"nodes": [{"reviews": {"totalCount": 1, "nodes": [{"rating": 4}]}}]}
        assert result.body() == {"data": {"a": once, "b": once}}


class TestSearch:
    FACETS = """query ($filter: ServiceFilter) { serviceFacets(filter: $filter) {
        categories { category count } countries { country count } ratings { ratingMin count }
        prices { fromAzr belowAzr count }
    } }"""

    async def test_shows_what_answers_best_first(self, ask, catalogue, make):
        await make.service(
            await make.user(), name="Posters", description="With your logo.", category="Printing"
        )

        result = await ask('{ services(filter: {search: "logoo"}) { nodes { name } totalCount } }')

        assert names(result) == ["Logo", "Posters"]
        assert result.data["services"]["totalCount"] == 2

    async def test_takes_several_categories_and_a_country(self, ask, catalogue, make):
        await make.service(await make.user(country_code="KE"), name="Kiswahili", category="Music")
        several = '{categories: ["Music", "Programming"]}'
        country = '{categories: ["Music", "Programming"], country: "KE"}'
        neither = '{category: "Design", categories: ["Music"]}'

        assert names(await ask(f"{{ services(filter: {several}) {{ nodes {{ name }} }} }}")) == [
            "Kiswahili",
            "App",
            "Website",
        ]
        assert names(await ask(f"{{ services(filter: {country}) {{ nodes {{ name }} }} }}")) == [
            "Kiswahili"
        ]
        assert names(await ask(f"{{ services(filter: {neither}) {{ nodes {{ name }} }} }}")) == []

    async def test_refuses_too_many_categories(self, ask):
        result = await ask(
            "query ($all: [String!]) { services(filter: {categories: $all}) { totalCount } }",
            all=["Design"] * 51,
        )

        assert result.errors[0]["message"] == "`categories` must have at most 50 names."

    async def test_counts_facets_with_one_statement_each(self, ask, catalogue, statements):
        with statements.counting():
            result = await ask(self.FACETS, filter={"search": "logo", "priceMaxAzr": "30"})

        facets = result.data["serviceFacets"]
        assert facets["categories"] == [{"category": "Design", "count": 1}]
        assert facets["ratings"][0] == {"ratingMin": 4, "count": 1}
        assert facets["prices"][0] == {
            "fromAzr": "0.00000000",
            "belowAzr": "10.00000000",
            "count": 0,
        }
        assert facets["prices"][-1]["belowAzr"] is None
        # One for the words of the search, and one for each facet.
        assert len(statements.sql) == 5
