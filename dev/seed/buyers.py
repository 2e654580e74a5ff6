"""Invents what sellers write about their buyers, and so when the reviews of both are shown."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from dev.seed.calendar import DAY, Calendar, moment
from dev.seed.drawing import Draw, WeightedChoice
from dev.seed.listings import Listing
from dev.seed.people import Person
from dev.seed.purchases import Purchase
from dev.seed.reviews import Review
from dev.seed.rows import BuyerRatingRow, ReviewRow
from services.marketplace.reviews import REVIEWING

REVIEWING_MILLISECONDS = REVIEWING.days * DAY
ANSWERED_SHARE = 0.3
COMMENTS = (
    ("Changed the brief twice and answered late. We got there in the end.", 2),
    ("Clear about the goal, slow with answers. Allow some time.", 3),
    ("A good brief and quick answers. Gladly again.", 4),
    ("Knew what was needed, answered within the hour, confirmed at once.", 5),
    ("Friendly, precise and patient. A pleasure to work for.", 5),
    ("Sent everything I needed on the first day. Thank you!", 5),
)
_CHOICE = WeightedChoice((3, 8, 25, 24, 22, 18))


def invent_answers(
    reviews: Sequence[Review], purchases: Sequence[Purchase], calendar: Calendar, number: int
) -> list[int | None]:
    """When the seller of each reviewed purchase wrote about the buyer, if that happened.

    Always where both sides still have time, so that the reviews of the world are all shown.
    """
    draw = Draw(number, "answers")
    answers: list[int | None] = []
    for review, purchase in zip(reviews, purchases, strict=False):
        settled = purchase.settled or review.written
        latest = min(settled + REVIEWING_MILLISECONDS, calendar.end) - 1
        is_open = settled + REVIEWING_MILLISECONDS >= calendar.end
        is_answered = draw.is_lucky(ANSWERED_SHARE) or is_open
        answers.append(draw.between(settled, max(settled, latest)) if is_answered else None)
    return answers


def shown_times(
    reviews: Sequence[Review], purchases: Sequence[Purchase], answers: Sequence[int | None]
) -> list[tuple[datetime, datetime]]:
    """When the reviews of each reviewed purchase came to be shown, and when at the latest."""
    times: list[tuple[datetime, datetime]] = []
    for review, purchase, answer in zip(reviews, purchases, answers, strict=False):
        due = (purchase.settled or review.written) + REVIEWING_MILLISECONDS
        shown = due if answer is None else max(review.written, answer)
        times.append((moment(shown), moment(due)))
    return times


def buyer_review_rows(
    purchases: Sequence[Purchase],
    answers: Sequence[int | None],
    shown: Sequence[tuple[datetime, datetime]],
    listings: Sequence[Listing],
    people: Sequence[Person],
    number: int,
) -> list[ReviewRow]:
    """What sellers say of their buyers."""
    draw = Draw(number, "comments of sellers")
    rows: list[ReviewRow] = []
    for purchase, answer, (shown_at, due_at) in zip(purchases, answers, shown, strict=False):
        if answer is None:
            continue
        comment, rating = COMMENTS[_CHOICE.position(draw)]
        rows.append(
            ReviewRow(
                id=draw.id_at(moment(answer)),
                order_id=purchase.id,
                service_id=listings[purchase.listing].id,
                author_id=people[purchase.provider].id,
                buyer_id=people[purchase.buyer].id,
                rating=rating,
                comment=comment,
                created_at=moment(answer),
                edited_at=None,
                shown_at=shown_at,
                due_at=due_at,
            )
        )
    return rows


def buyer_rating_rows(rows: Sequence[ReviewRow]) -> list[BuyerRatingRow]:
    """The figures of reviews of buyers."""
    stars: defaultdict[object, list[int]] = defaultdict(list)
    for row in rows:
        stars[row.buyer_id].append(row.rating)
    return [
        BuyerRatingRow(row.buyer_id, len(stars[row.buyer_id]), sum(stars[row.buyer_id]))
        for row in {row.buyer_id: row for row in rows}.values()
        if row.buyer_id is not None
    ]
