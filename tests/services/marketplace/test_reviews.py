"""Judging a service."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import select

from core.ids import new_id
from core.validation import InvalidInput
from models.tables import Review, Service
from services.auth.viewer import AccountGone
from services.marketplace.listings import ServiceNotFound
from services.marketplace.reviews import AlreadyReviewed, OwnService, add_review


@pytest.fixture
def judge(timed):
    """Review a service with what a test does not care about filled in."""

    async def judged(author_id, service_id, *, rating=4, comment="Well done."):
        return await add_review(
            timed, author_id=author_id, service_id=service_id, rating=rating, comment=comment
        )

    return judged


@pytest.fixture
def stored(database):
    """A service and all reviews."""

    async def read(service):
        async with database.read() as session:
            found = await session.get_one(Service, service.id)
            return found, list(await session.scalars(select(Review)))

    return read


class TestAddReview:
    async def test_adds_a_review_and_counts_it(self, make, judge, stored, watch):
        service, author = await make.service(await make.user()), await make.user()

        review_id = await judge(author.id, service.id, rating=5, comment="  Two\nlines. ")

        counted, (review,) = await stored(service)
        assert (review.id, review.service_id, review.author_id) == (
            review_id,
            service.id,
            author.id,
        )
        assert (review.rating, review.comment) == (5, "Two\nlines.")
        assert review.created_at == watch.now
        assert (counted.review_count, counted.rating_total, counted.average_rating) == (1, 5, 5)

    async def test_keeps_the_figures_right_when_twenty_come_at_once(self, make, judge, stored):
        service = await make.service(await make.user())
        authors = [await make.user() for _ in range(20)]

        await asyncio.gather(
            *(
                judge(author.id, service.id, rating=1 + number % 5)
                for number, author in enumerate(authors)
            )
        )

        counted, reviews = await stored(service)
        assert counted.review_count == len(reviews) == 20
        assert counted.rating_total == sum(review.rating for review in reviews) == 60
        assert counted.average_rating == 3

    async def test_takes_one_review_of_a_person_who_sends_many_at_once(self, make, judge, stored):
        service, author = await make.service(await make.user()), await make.user()

        answers = await asyncio.gather(
            *(judge(author.id, service.id, rating=2) for _ in range(10)), return_exceptions=True
        )

        kinds = Counter(type(each) for each in answers if isinstance(each, Exception))
        counted, reviews = await stored(service)
        assert kinds == {AlreadyReviewed: 9}
        assert len(reviews) == 1
        assert (counted.review_count, counted.rating_total) == (1, 2)

    @pytest.mark.parametrize("rating", [1, 5])
    @pytest.mark.parametrize("comment", ["A", "A" * 2000, "Two\nlines"])
    async def test_accepts_values_at_their_limits(self, make, judge, stored, rating, comment):
        service, author = await make.service(await make.user()), await make.user()

        await judge(author.id, service.id, rating=rating, comment=comment)

        _, (review,) = await stored(service)
        assert (review.rating, review.comment) == (rating, comment)

    @pytest.mark.parametrize(
        ("values", "field", "message"),
        [
            *(
                ({"rating": rating}, "rating", "`rating` must be from 1 to 5.")
                for rating in (0, 6, -1, 2**31 - 1)
            ),
            *(
                ({"comment": comment}, "comment", "`comment` must have 1 to 2000 characters.")
                for comment in ("", " \n ", "A" * 2001)
            ),
            ({"comment": "A\x1b"}, "comment", "`comment` must not have control characters."),
        ],
    )
    async def test_refuses_values_beyond_them_and_changes_nothing(
        self, make, judge, values, field, message
    ):
        service, author = await make.service(await make.user()), await make.user()
        before = await make.contents()

        with pytest.raises(InvalidInput) as refused:
            await judge(author.id, service.id, **values)

        assert refused.value.field == ("input", field)
        assert [fault.message for fault in refused.value.faults] == [message]
        assert await make.contents() == before

    async def test_refuses_a_service_that_is_not_there_and_changes_nothing(self, make, judge):
        author = await make.user()
        before = await make.contents()

        with pytest.raises(ServiceNotFound) as refused:
            await judge(author.id, new_id())

        assert refused.value.field == ("input", "serviceId")
        assert await make.contents() == before

    async def test_refuses_a_service_that_is_not_on_offer_and_changes_nothing(self, make, judge):
        service, author = await make.service(await make.user(), is_active=False), await make.user()
        before = await make.contents()

        with pytest.raises(ServiceNotFound):
            await judge(author.id, service.id)

        assert await make.contents() == before

    async def test_refuses_a_service_of_ones_own_and_changes_nothing(self, make, judge):
        provider = await make.user()
        service = await make.service(provider)
        before = await make.contents()

        with pytest.raises(OwnService) as refused:
            await judge(provider.id, service.id)

        assert (refused.value.code, refused.value.field) == ("OWN_SERVICE", None)
        assert await make.contents() == before

    async def test_refuses_a_second_review_and_changes_nothing(self, make, judge):
        service, author = await make.service(await make.user()), await make.user()
        await judge(author.id, service.id)
        before = await make.contents()

        with pytest.raises(AlreadyReviewed) as refused:
            await judge(author.id, service.id, rating=1)

        assert (refused.value.code, refused.value.field) == ("ALREADY_REVIEWED", None)
        assert await make.contents() == before

    async def test_refuses_an_account_that_is_gone_and_changes_nothing(self, make, judge):
        service = await make.service(await make.user())
        before = await make.contents()

        with pytest.raises(AccountGone):
            await judge(new_id(), service.id)

        assert await make.contents() == before
