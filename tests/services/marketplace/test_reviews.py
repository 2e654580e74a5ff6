"""What buyer and seller say of each other, when it is shown, and what it adds up to."""

import asyncio
from collections import Counter
from random import Random

import pytest
from sqlalchemy import select, text

from core.errors import DomainError
from core.ids import new_id
from core.validation import InvalidInput
from models.tables import Review
from services.marketplace.orders.refusals import OrderNotFound
from services.marketplace.reviews import (
    AlreadyReviewed,
    NotReviewable,
    ReviewFixed,
    ReviewNotFound,
    edit_review,
    review_order,
    show_due_reviews,
)
from tests.services.marketplace.orders.shop import RECOUNT, WAYS

STEPS = 120


@pytest.fixture
def review(shop):
    """Review an order as one of its parties, with what a test does not care about filled in."""

    async def run(who, order_id, *, rating=4, comment="Well done."):
        return await review_order(
            shop.stores, shop.viewers[who], order_id=order_id, rating=rating, comment=comment
        )

    return run


@pytest.fixture
def edit(shop):
    async def run(who, review_id, *, rating=None, comment=None):
        viewer = shop.viewers[who]
        await edit_review(shop.stores, viewer, review_id=review_id, rating=rating, comment=comment)

    return run


@pytest.fixture
def reviews(database):
    """All reviews, those of buyers behind those of services."""

    async def read():
        async with database.read() as session:
            found = list(await session.scalars(select(Review).order_by(Review.created_at)))
            return sorted(found, key=lambda each: each.buyer_id is not None)

    return read


@pytest.fixture
def age(database):
    """Let some days go by, as the reviews and orders see it."""

    async def run(days):
        values = {"days": days}
        async with database.transaction() as session:
            for statement in (
                """
                UPDATE reviews SET created_at = created_at - make_interval(days => :days),
                    due_at = due_at - make_interval(days => :days)
                """,
                "UPDATE orders SET paid_out_at = paid_out_at - make_interval(days => :days)",
            ):
                await session.execute(text(statement), values)

    return run


@pytest.fixture
def miscounted(database):
    async def run():
        async with database.read() as session:
            return list(await session.scalars(text(RECOUNT)))

    return run


class TestReviewOrder:
    async def test_keeps_the_first_hidden_and_shows_both_with_the_second(
        self, shop, review, reviews, miscounted
    ):
        order_id = await shop.order_in("completed")

        first = await review("buyer", order_id, rating=5, comment="  Two\nlines. ")
        (alone,) = await reviews()
        before = await miscounted()
        second = await review("seller", order_id, rating=2)

        of_service, of_buyer = await reviews()
        assert (alone.shown_at, before) == (None, [])
        assert (of_service.id, of_service.comment, of_service.buyer_id) == (
            first,
            "Two\nlines.",
            None,
        )
        assert (of_buyer.id, of_buyer.author_id, of_buyer.buyer_id) == (
            second,
            shop.seller.id,
            shop.buyer.id,
        )
        assert of_service.shown_at == of_buyer.shown_at == of_buyer.created_at
        assert {each.service_id for each in (of_service, of_buyer)} == {shop.service.id}
        assert await miscounted() == []

    @pytest.mark.parametrize("state", [each for each in WAYS if each != "completed"])
    async def test_is_for_orders_that_were_paid_out(self, shop, review, refused, state):
        order_id = await shop.order_in(state)

        await refused(NotReviewable, review("buyer", order_id))

    async def test_is_over_after_fourteen_days(self, shop, review, refused, age):
        order_id = await shop.order_in("completed")
        await age(14)

        await refused(NotReviewable, review("seller", order_id))

    @pytest.mark.parametrize("who", ["support", "stranger"])
    async def test_is_for_its_parties(self, shop, review, refused, who):
        order_id = await shop.order_in("completed")

        await refused(OrderNotFound, review(who, order_id))
        await refused(OrderNotFound, review("buyer", new_id()))

    async def test_takes_one_of_each_side_however_many_come_at_once(
        self, shop, review, reviews, miscounted
    ):
        order_id = await shop.order_in("completed")

        answers = await asyncio.gather(
            *(review(who, order_id) for who in ("buyer", "seller") * 5), return_exceptions=True
        )

        refusals = Counter(type(each) for each in answers if isinstance(each, Exception))
        assert refusals == {AlreadyReviewed: 8}
        assert all(each.shown_at is not None for each in await reviews())
        assert await miscounted() == []

    @pytest.mark.parametrize(
        ("values", "fields"),
        [
            ({"rating": 0}, ["rating"]),
            ({"rating": 6}, ["rating"]),
            ({"comment": " \n "}, ["comment"]),
            ({"comment": "A\x1b"}, ["comment"]),
            ({"rating": -1, "comment": "A" * 2001}, ["rating", "comment"]),
        ],
    )
    async def test_names_all_faults_at_once(self, shop, review, refused, values, fields):
        order_id = await shop.order_in("completed")

        refusal = await refused(InvalidInput, review("buyer", order_id, **values))

        assert [fault.field for fault in refusal.faults] == fields


class TestEditReview:
    async def test_changes_a_hidden_one_as_a_whole(self, shop, review, edit, reviews, miscounted):
        review_id = await review("buyer", await shop.order_in("completed"))

        await edit("buyer", review_id, rating=1, comment="Not so well.")

        (edited,) = await reviews()
        assert (edited.rating, edited.comment) == (1, "Not so well.")
        assert edited.edited_at > edited.created_at
        assert await miscounted() == []

    async def test_leaves_the_stars_of_one_that_is_shown(
        self, shop, review, edit, reviews, refused
    ):
        order_id = await shop.order_in("completed")
        review_id = await review("buyer", order_id)
        await review("seller", order_id)

        await refused(ReviewFixed, edit("buyer", review_id, rating=1, comment="Revenge."))
        await edit("buyer", review_id, rating=4, comment="Well done, all of it.")

        edited, _ = await reviews()
        assert (edited.rating, edited.comment) == (4, "Well done, all of it.")

    async def test_is_over_after_a_day(self, shop, review, edit, refused, age):
        review_id = await review("buyer", await shop.order_in("completed"))
        await age(1)

        await refused(ReviewFixed, edit("buyer", review_id, rating=1))

    async def test_is_for_its_author(self, shop, review, edit, refused):
        review_id = await review("buyer", await shop.order_in("completed"))

        await refused(ReviewNotFound, edit("seller", review_id, rating=1))
        await refused(ReviewNotFound, edit("buyer", new_id(), rating=1))

    async def test_names_all_faults_at_once(self, shop, review, edit, refused):
        review_id = await review("buyer", await shop.order_in("completed"))

        refusal = await refused(InvalidInput, edit("buyer", review_id, rating=9, comment=""))

        assert [fault.field for fault in refusal.faults] == ["rating", "comment"]


class TestShowDueReviews:
    async def test_shows_what_is_alone_after_fourteen_days(
        self, shop, stores, review, reviews, age, miscounted
    ):
        await review("seller", await shop.order_in("completed"), rating=2)
        early = await show_due_reviews(stores)
        await age(14)

        assert (early, await show_due_reviews(stores)) == (0, 1)

        (shown,) = await reviews()
        assert shown.shown_at is not None
        assert await miscounted() == []
        assert await show_due_reviews(stores) == 0

    async def test_shows_each_once_though_it_runs_many_times_at_once(
        self, shop, stores, review, age, miscounted
    ):
        for _ in range(4):
            await review("buyer", await shop.order_in("completed"))
        await age(14)

        shown = await asyncio.gather(*(show_due_reviews(stores) for _ in range(4)))

        assert sum(shown) == 4
        assert await miscounted() == []


class TestRatings:
    async def test_are_those_of_a_recount_after_whatever_was_done(
        self, shop, stores, review, edit, reviews, age, miscounted
    ):
        random = Random(7)  # noqa: S311  # reproducible
        orders = [await shop.order_in("completed") for _ in range(8)]

        async def something():
            who, chance = random.choice(["buyer", "seller"]), random.random()
            written = await reviews()
            if chance < 0.4:
                await review(who, random.choice(orders), rating=random.randint(1, 5))
            elif chance < 0.8 and written:
                await edit(who, random.choice(written).id, rating=random.randint(1, 5))
            else:
                await show_due_reviews(stores)

        for step in range(STEPS):
            if step % 10 == 9:
                await age(random.choice([1, 5, 9]))
                orders.append(await shop.order_in("completed"))
            doing = [something() for _ in range(random.randint(1, 3))]
            for answer in await asyncio.gather(*doing, return_exceptions=True):
                assert answer is None or isinstance(answer, DomainError)
            assert await miscounted() == []

        written = await reviews()
        assert len(written) > 20
        assert {each.shown_at is None for each in written} == {True, False}

    async def test_that_are_wrong_would_be_found(self, shop, database, review, miscounted):
        order_id = await shop.order_in("completed")
        for who in ("buyer", "seller"):
            await review(who, order_id)

        async with database.transaction() as session:
            await session.execute(text("UPDATE services SET rating_total = rating_total + 1"))
            await session.execute(text("UPDATE buyer_ratings SET rating_total = rating_total - 1"))

        found = await miscounted()
        assert sorted(found) == sorted([str(shop.service.id), str(shop.buyer.id)])
