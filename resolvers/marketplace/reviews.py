"""What buyers and sellers say of each other: shown to everybody, hidden only to its author."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Uuid, bindparam, or_, select
from sqlmodel import col

from core.statements import Records, Statement, is_among
from models.rows import Columns, ReviewRow
from models.tables import BuyerRating, Review
from resolvers.context import Context
from resolvers.keyset import NEWEST, Listing, Page, Slice, row_columns
from resolvers.lists import lists_of_parents
from resolvers.rows import CountsByParent, RowsById

IS_SHOWN = col(Review.shown_at).is_not(None)
OF_SERVICE = (IS_SHOWN, col(Review.buyer_id).is_(None))
OF_BUYER = (IS_SHOWN, col(Review.buyer_id).is_not(None))
# Hidden ones are for their authors and admins only; these read without a parameter.
VISIBLE = {
    "viewer_id": or_(IS_SHOWN, col(Review.author_id) == bindparam("viewer_id", type_=Uuid()))
}
REVIEWS = RowsById(Review, ReviewRow, choices=VISIBLE)
REVIEWS_OF_SERVICES = Listing(Review, ReviewRow, NEWEST, where=OF_SERVICE)
REVIEW_COUNTS = CountsByParent(Review, "service_id", where=OF_SERVICE)
REVIEWS_OF_BUYERS = Listing(Review, ReviewRow, NEWEST, where=OF_BUYER)
BUYER_REVIEW_COUNTS = CountsByParent(Review, "buyer_id", where=OF_BUYER)
# Two of each order at most.
REVIEWS_OF_ORDERS = Statement(
    select(*row_columns(Review, ReviewRow))
    .where(is_among(col(Review.order_id), "ids"), VISIBLE["viewer_id"])
    .order_by(col(Review.created_at), col(Review.id))
)
BUYER_RATINGS = Statement(
    select(
        col(BuyerRating.user_id), col(BuyerRating.rating_total), col(BuyerRating.review_count)
    ).where(is_among(col(BuyerRating.user_id), "ids"))
)


@dataclass(frozen=True, slots=True)
class Rating:
    """Reviews in figures."""

    average: float | None
    count: int


async def ratings(
    context: Context, statement: Statement[Records], ids: Sequence[UUID]
) -> list[Rating]:
    """The ratings of `ids` that a statement answers with: id, sum of stars, number of reviews."""
    by_id = {
        each: Rating(round(total / count, 2) if count else None, count)
        for each, total, count in await context.stores.database.fetch(statement, {"ids": ids})
    }
    return [by_id.get(each, Rating(None, 0)) for each in ids]


async def ratings_of_buyers(context: Context, user_ids: Sequence[UUID]) -> list[Rating]:
    """The average of what sellers say of each person; `None` before the first."""
    return await ratings(context, BUYER_RATINGS, user_ids)


async def reviews_by_id(
    context: Context, ids: Sequence[UUID], columns: Columns = None
) -> list[ReviewRow | None]:
    """Reviews by id; `None` for those that the viewer may not see."""
    viewer = context.viewer
    visibility = {} if viewer.is_admin else {"viewer_id": viewer.user_id}
    return await REVIEWS.read(context.stores.database, ids, visibility, columns)


async def reviews_of_services(
    context: Context, service_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[ReviewRow]]:
    """What buyers say of each service, newest first."""
    return await lists_of_parents(
        context,
        REVIEWS_OF_SERVICES,
        "service_id",
        service_ids,
        page,
        columns,
        counts=review_counts,
    )


async def review_counts(context: Context, service_ids: Sequence[UUID]) -> list[int]:
    return await REVIEW_COUNTS.read(context.stores.database, service_ids)


async def reviews_of_buyers(
    context: Context, user_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[ReviewRow]]:
    """What sellers say of each person, newest first."""
    return await lists_of_parents(
        context,
        REVIEWS_OF_BUYERS,
        "buyer_id",
        user_ids,
        page,
        columns,
        counts=buyer_review_counts,
    )


async def buyer_review_counts(context: Context, user_ids: Sequence[UUID]) -> list[int]:
    return await BUYER_REVIEW_COUNTS.read(context.stores.database, user_ids)


async def reviews_of_orders(
    context: Context, order_ids: Sequence[UUID], columns: Columns = None
) -> list[list[ReviewRow]]:
    """The reviews of each order that the viewer may see, whole: two at most."""
    del columns
    wanted = {"ids": order_ids, "viewer_id": context.viewer.user_id}
    by_order: dict[UUID | None, list[ReviewRow]] = {}
    for record in await context.stores.database.fetch(REVIEWS_OF_ORDERS, wanted):
        row = ReviewRow(*record)
        by_order.setdefault(row.order_id, []).append(row)
    return [by_order.get(each, []) for each in order_ids]
