"""What is written is what the next request reads, though reads go through the cache."""

import pytest

from core.ids import encode_id
from models.tables import OrderState

LIST = "{ services { totalCount nodes { name averageRating reviewCount isActive } } }"
STATS = "{ stats { users services courses } }"
OFFER = 'name: "Banner", category: "Design", description: "Big.", priceAzr: "1"'


@pytest.fixture
async def seller(make):
    return await make.user()


@pytest.fixture
async def service(make, seller):
    return await make.service(seller, name="Logo")


async def listed(ask):
    """The catalogue as it is read through the cache: name, rating, number of reviews."""
    nodes = (await ask(LIST)).data["services"]["nodes"]
    return [(node["name"], node["averageRating"], node["reviewCount"]) for node in nodes]


class TestUpdateProfile:
    async def test_is_seen_by_the_next_reader(self, ask, make, seller):
        document = "query ($id: ID!) { user(id: $id) { fullName handle } }"
        id_ = encode_id("usr", seller.id)
        before = await ask(document, id=id_)

        await ask(
            'mutation { updateProfile(input: {fullName: "Ama", handle: "ama"}) { __typename } }',
            make.viewer(seller),
        )

        after = await ask(document, id=id_)
        assert before.data["user"]["fullName"] == seller.full_name
        assert after.data["user"] == {"fullName": "Ama", "handle": "ama"}

    async def test_is_seen_in_lists_that_name_the_person(self, ask, make, seller, service):
        document = "{ services { nodes { provider { fullName } } } }"
        await ask(document)

        await ask(
            'mutation { updateProfile(input: {fullName: "Ama"}) { __typename } }',
            make.viewer(seller),
        )

        after = await ask(document)
        assert after.data["services"]["nodes"] == [{"provider": {"fullName": "Ama"}}]


class TestCreateService:
    async def test_is_seen_in_the_roles(self, ask, make, seller):
        roles = "query ($id: ID!) { user(id: $id) { roles } }"
        id_ = encode_id("usr", seller.id)
        before = (await ask(roles, id=id_)).data

        await ask(
            f"mutation {{ createService(input: {{{OFFER}}}) {{ __typename }} }}",
            make.viewer(seller),
        )

        assert before == {"user": {"roles": ["LEARNER"]}}
        assert (await ask(roles, id=id_)).data == {"user": {"roles": ["LEARNER", "SELLER"]}}


class TestPublishService:
    async def test_is_seen_in_the_catalogue_and_the_stats(self, ask, make, seller, service):
        await make.azr(seller, 10)
        draft = await make.service(seller, name="Banner", state="draft")
        before = [await listed(ask), (await ask(STATS)).data["stats"]["services"]]

        await ask(
            "mutation ($input: PublishServiceInput!) {"
            " publishService(input: $input) { __typename } }",
            make.viewer(seller),
            input={"id": encode_id("svc", draft.id), "idempotencyKey": "publish-1"},
        )

        assert before == [[("Logo", None, 0)], 1]
        assert await listed(ask) == [("Banner", None, 0), ("Logo", None, 0)]
        assert (await ask(STATS)).data["stats"]["services"] == 2


class TestUpdateService:
    async def test_is_seen_in_the_catalogue(self, ask, make, seller, service):
        await listed(ask)

        await ask(
            'mutation ($id: ID!) { updateService(input: {id: $id, name: "Icon"}) { __typename } }',
            make.viewer(seller),
            id=encode_id("svc", service.id),
        )

        assert await listed(ask) == [("Icon", None, 0)]

    async def test_takes_a_service_out_of_the_catalogue_and_the_stats(
        self, ask, make, seller, service
    ):
        await listed(ask)
        await ask(STATS)

        await ask(
            "mutation ($id: ID!) { pauseService(input: {id: $id}) { __typename } }",
            make.viewer(seller),
            id=encode_id("svc", service.id),
        )

        assert await listed(ask) == []
        assert (await ask(STATS)).data["stats"]["services"] == 0


class TestReviewOrder:
    async def test_is_seen_in_the_catalogue_when_both_have_written(
        self, ask, make, seller, service
    ):
        buyer = await make.user()
        order = await make.order(service, buyer, OrderState.COMPLETED)
        document = """mutation ($id: ID!) {
            reviewOrder(input: {orderId: $id, rating: 5, comment: "Good."}) { __typename }
        }"""

        for author in (seller, buyer):
            assert await listed(ask) == [("Logo", None, 0)]
            await ask(document, make.viewer(author), id=encode_id("ord", order.id))

        assert await listed(ask) == [("Logo", 5.0, 1)]


class TestRegister:
    async def test_is_seen_in_the_stats(self, ask):
        before = await ask(STATS)

        await ask(
            'mutation { register(input: {email: "ama@example.com", fullName: "Ama",'
            ' password: "a sentence that nobody guesses"}) { __typename } }'
        )

        after = await ask(STATS)
        assert before.data["stats"]["users"] == 0
        assert after.data["stats"]["users"] == 1


class TestRefusedWrites:
    async def test_leave_the_cache_as_it_is(self, ask, make, service, statements):
        stranger = make.viewer(await make.user())
        await listed(ask)

        await ask(
            'mutation ($id: ID!) { updateService(input: {id: $id, name: "Mine"}) { __typename } }',
            stranger,
            id=encode_id("svc", service.id),
        )

        with statements.counting():
            await ask("{ services { nodes { name } } }")
        assert statements.sql == []
