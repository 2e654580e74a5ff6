"""What buyer and seller say of an order once it is paid out.

Hidden at first, and shown together: with the second of them, or when the time for both is over.
Only then do they count, so that ratings are those of the reviews that anybody can see.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Integer, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from core.database import WriteSession
from core.errors import DomainError
from core.statements import Statement
from core.stores import Stores
from core.validation import Checks
from models.cache import ACTIVE_SERVICES_KEY
from models.subjects import Subject
from models.tables import BuyerRating, Order, OrderParty, Review, Service
from services.auth.viewer import Viewer
from services.marketplace.orders.commands import parties_of
from services.marketplace.orders.parties import party_of
from services.marketplace.orders.refusals import OrderNotFound
from services.marketplace.orders.steps import database_now, lock_order

RATING_MAX = 5
COMMENT_LENGTH_MAX = 2000
REVIEWING = timedelta(days=14)
EDITING = timedelta(days=1)
ORDERS_AT_ONCE_MAX = 200
DUE = Statement(
    select(col(Review.order_id))
    .where(col(Review.shown_at).is_(None), col(Review.due_at) <= func.clock_timestamp())
    .order_by(col(Review.due_at))
    .limit(bindparam("orders_max", type_=Integer()))
)


class NotReviewable(DomainError):
    """An order is reviewed after the seller was paid for it, and not for ever."""

    code = "NOT_REVIEWABLE"

    def __init__(self) -> None:
        super().__init__(f"An order is reviewed within {REVIEWING.days} days after it is paid out.")


class AlreadyReviewed(DomainError):
    """Each side reviews an order once."""

    code = "ALREADY_REVIEWED"

    def __init__(self) -> None:
        super().__init__("You have reviewed this order already.")


class ReviewNotFound(DomainError):
    """No review of the viewer's has this id."""

    code = "REVIEW_NOT_FOUND"
    field = ("input", "id")

    def __init__(self) -> None:
        super().__init__("There is no such review of yours.")


class ReviewFixed(DomainError):
    """A review is changed within a day, and its stars only before anybody has seen them."""

    code = "REVIEW_FIXED"

    def __init__(self) -> None:
        super().__init__("A review can be changed for a day, its stars until it is shown.")


async def review_order(
    stores: Stores, viewer: Viewer, *, order_id: UUID, rating: int, comment: str
) -> UUID:
    """Review an order as its buyer or its seller, or change nothing. Returns the review's id.

    The second review shows both. Raises InvalidInput, OrderNotFound, NotReviewable,
    AlreadyReviewed.
    """
    checks = Checks()
    _check_rating(checks, rating)
    text = _checked_comment(checks, comment)
    checks.done()
    author_id, parties = viewer.required_id(), await parties_of(stores, order_id)
    party = party_of(viewer, parties)
    if party not in {OrderParty.BUYER, OrderParty.SELLER}:
        raise OrderNotFound
    async with stores.change(
        keys=[ACTIVE_SERVICES_KEY], subjects=[Subject.REVIEWS, Subject.SERVICES]
    ) as session:
        order, now = await lock_order(session, order_id)
        due_at = None if order.paid_out_at is None else order.paid_out_at + REVIEWING
        if due_at is None or now >= due_at:
            raise NotReviewable
        others = await _reviews_of(session, order_id)
        if any(each.author_id == author_id for each in others):
            raise AlreadyReviewed
        review = Review(
            order_id=order_id,
            service_id=order.service_id,
            author_id=author_id,
            buyer_id=order.buyer_id if party is OrderParty.SELLER else None,
            rating=rating,
            comment=text,
            created_at=now,
            due_at=due_at,
        )
        session.add(review)
        if others:
            await _show(session, [*others, review], now)
    return review.id


async def edit_review(
    stores: Stores, viewer: Viewer, *, review_id: UUID, rating: int | None, comment: str | None
) -> None:
    """Change one's own review within a day of writing it; what is `None` stays.

    Once it is shown its stars stay too: nobody answers the other side's stars with their own.
    Raises InvalidInput, ReviewNotFound, ReviewFixed.
    """
    checks = Checks()
    if rating is not None:
        _check_rating(checks, rating)
    text = None if comment is None else _checked_comment(checks, comment)
    checks.done()
    async with stores.change(subjects=[Subject.REVIEWS]) as session:
        statement = select(Review, database_now()).where(
            col(Review.id) == review_id, col(Review.author_id) == viewer.required_id()
        )
        found = (await session.execute(statement.with_for_update(of=Review))).one_or_none()
        if found is None:
            raise ReviewNotFound
        review, now = found
        if now >= review.created_at + EDITING:
            raise ReviewFixed
        if rating is not None and rating != review.rating:
            if review.shown_at is not None:
                raise ReviewFixed
            review.rating = rating
        if text is not None:
            review.comment = text
        review.edited_at = now


async def show_due_reviews(stores: Stores) -> int:
    """Show reviews whose other side was not written in time, of a bounded number of orders.

    Each order in a transaction of its own, so that several of these may run at once. Answers how
    many reviews.
    """
    found = await stores.database.fetch(DUE, {"orders_max": ORDERS_AT_ONCE_MAX})
    return sum([await _show_due(stores, order_id) for (order_id,) in dict.fromkeys(found)])


async def _show_due(stores: Stores, order_id: UUID) -> int:
    async with stores.change(
        keys=[ACTIVE_SERVICES_KEY], subjects=[Subject.REVIEWS, Subject.SERVICES]
    ) as session:
        locked = select(database_now()).where(col(Order.id) == order_id)
        now = await session.scalar(locked.with_for_update(of=Order, skip_locked=True))
        if now is None:
            return 0
        due = [each for each in await _reviews_of(session, order_id) if each.shown_at is None]
        await _show(session, due, now)
    return len(due)


async def _reviews_of(session: WriteSession, order_id: UUID) -> Sequence[Review]:
    """The reviews of an order, locked: nobody changes their stars while they come to count."""
    statement = select(Review).where(col(Review.order_id) == order_id).order_by(col(Review.id))
    return (await session.scalars(statement.with_for_update())).all()


async def _show(session: WriteSession, reviews: Sequence[Review], now: datetime) -> None:
    """Show reviews of one order and count each in its rating: the service's before the buyer's."""
    for review in sorted(reviews, key=lambda each: each.buyer_id is not None):
        review.shown_at = now
        if review.buyer_id is None:
            await session.execute(
                update(Service)
                .where(col(Service.id) == review.service_id)
                .values(
                    review_count=col(Service.review_count) + 1,
                    rating_total=col(Service.rating_total) + review.rating,
                )
            )
            continue
        first = {"user_id": review.buyer_id, "review_count": 1, "rating_total": review.rating}
        await session.execute(
            insert(BuyerRating)
            .values(first)
            .on_conflict_do_update(
                index_elements=["user_id"],
                set_={
                    "review_count": col(BuyerRating.review_count) + 1,
                    "rating_total": col(BuyerRating.rating_total) + review.rating,
                },
            )
        )


def _check_rating(checks: Checks, rating: int) -> None:
    if not 1 <= rating <= RATING_MAX:
        checks.refuse("rating", f"`rating` must be from 1 to {RATING_MAX}.")


def _checked_comment(checks: Checks, comment: str) -> str:
    """The comment without outer spaces."""
    return checks.text("comment", comment, length_max=COMMENT_LENGTH_MAX, is_long=True)
