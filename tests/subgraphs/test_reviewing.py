"""Reviewing services through the graph."""

import asyncio

import pytest

from core.ids import encode_id, new_id
from services.auth.viewer import Viewer
from tests.subgraphs.refusals import GONE, REFUSAL, codes

ATTEMPTS_MAX = 10
REVIEW = f"""mutation ($input: AddReviewInput!) {{ addReview(input: $input) {{
    __typename
    ... on AddReviewPayload {{
        review {{ rating comment author {{ id }} service {{ id }} }}
        service {{ id averageRating reviewCount reviews {{ totalCount nodes {{ rating }} }} }}
    }}
    {REFUSAL}
}} }}"""


def service_id(service):
    return encode_id("svc", service.id)


def review_of(service, **values):
    return {"serviceId": service_id(service), "rating": 5, "comment": "Well done.", **values}


class TestAddReview:
    async def test_answers_with_the_review_and_the_counted_service(self, ask, make):
        service, author = await make.service(await make.user()), await make.user()
        await make.review(service, await make.user(), 2)

        result = await ask(REVIEW, make.viewer(author), input=review_of(service))

        assert result.body() == {
            "data": {
                "addReview": {
                    "__typename": "AddReviewPayload",
                    "review": {
                        "rating": 5,
                        "comment": "Well done.",
                        "author": {"id": encode_id("usr", author.id)},
                        "service": {"id": service_id(service)},
                    },
                    "service": {
                        "id": service_id(service),
                        "averageRating": 3.5,
                        "reviewCount": 2,
                        "reviews": {"totalCount": 2, "nodes": [{"rating": 5}, {"rating": 2}]},
                    },
                }
            }
        }

    async def test_counts_right_when_twenty_come_at_once(self, ask, make):
        service = await make.service(await make.user())
        authors = [await make.user() for _ in range(20)]

        async def review(number, author):
            values = review_of(service, rating=1 + number % 5)
            for _ in range(ATTEMPTS_MAX):
                result = await ask(REVIEW, make.viewer(author), input=values)
                if result.errors is None:
                    return
                # On a busy machine the last of them may be told to come again.
                assert result.errors[0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"

        await asyncio.gather(*(review(*each) for each in enumerate(authors)))

        result = await ask(
            """query ($id: ID!) { service(id: $id) {
                averageRating reviewCount reviews { nodes { rating } }
            } }""",
            id=service_id(service),
        )
        ratings = [node["rating"] for node in result.data["service"]["reviews"]["nodes"]]
        assert sorted(ratings) == sorted([1, 2, 3, 4, 5] * 4)
        assert result.data["service"]["reviewCount"] == 20
        assert result.data["service"]["averageRating"] == 3.0

    @pytest.mark.parametrize(
        ("values", "name", "message"),
        [
            ({"rating": 0}, "rating", "`rating` must be from 1 to 5."),
            ({"rating": 6}, "rating", "`rating` must be from 1 to 5."),
            ({"comment": ""}, "comment", "`comment` must have 1 to 2000 characters."),
        ],
    )
    async def test_names_the_fault_and_changes_nothing(self, ask, make, values, name, message):
        service, author = await make.service(await make.user()), await make.user()
        before = await make.contents()

        result = await ask(REVIEW, make.viewer(author), input=review_of(service, **values))

        assert result.data["addReview"] == {
            "__typename": "InvalidInputError",
            "code": "INVALID_INPUT",
            "message": message,
            "field": ["input", name],
            "faults": [{"field": name, "message": message}],
        }
        assert await make.contents() == before

    async def test_refuses_one_s_own_service_and_changes_nothing(self, ask, make):
        provider = await make.user()
        service = await make.service(provider)
        before = await make.contents()

        result = await ask(REVIEW, make.viewer(provider), input=review_of(service))

        assert result.data["addReview"] == {
            "__typename": "OwnServiceError",
            "code": "OWN_SERVICE",
            "message": "You cannot review a service that you offer yourself.",
            "field": None,
        }
        assert await make.contents() == before

    async def test_refuses_a_second_review_and_changes_nothing(self, ask, make):
        service, author = await make.service(await make.user()), await make.user()
        await make.review(service, author)
        before = await make.contents()

        result = await ask(REVIEW, make.viewer(author), input=review_of(service))

        assert result.data["addReview"] == {
            "__typename": "AlreadyReviewedError",
            "code": "ALREADY_REVIEWED",
            "message": "You have reviewed this service already.",
            "field": None,
        }
        assert await make.contents() == before

    async def test_refuses_a_service_that_is_not_there_or_not_on_offer(self, ask, make):
        closed = await make.service(await make.user(), is_active=False)
        author = make.viewer(await make.user())
        before = await make.contents()

        for id_ in (service_id(closed), encode_id("svc", new_id())):
            result = await ask(REVIEW, author, input=review_of(closed, serviceId=id_))

            assert result.data["addReview"] == {
                "__typename": "ServiceNotFoundError",
                "code": "SERVICE_NOT_FOUND",
                "message": "There is no such service.",
                "field": ["input", "serviceId"],
            }
        assert await make.contents() == before

    @pytest.mark.parametrize(
        "values", [{"serviceId": "usr_0"}, {"serviceId": ""}, {"rating": "5"}, {"rating": 4.5}]
    )
    async def test_refuses_what_does_not_fit_the_schema_and_changes_nothing(
        self, ask, make, values
    ):
        service, author = await make.service(await make.user()), await make.user()
        before = await make.contents()

        found = await codes(ask, REVIEW, make.viewer(author), input=review_of(service, **values))

        assert found == {"BAD_USER_INPUT"}
        assert await make.contents() == before

    @pytest.mark.parametrize("viewer", [Viewer.ANONYMOUS, GONE])
    async def test_needs_an_account_and_changes_nothing(self, ask, make, viewer):
        service = await make.service(await make.user())
        before = await make.contents()

        assert await codes(ask, REVIEW, viewer, input=review_of(service)) == {"UNAUTHENTICATED"}
        assert await make.contents() == before
