"""Invents what buyers write about what they bought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from uuid import UUID

from dev.seed.calendar import DAY, Calendar, moment
from dev.seed.drawing import Draw, WeightedChoice
from dev.seed.library import general_praise, review_words
from dev.seed.listings import DEMO_SERVICES, Listing
from dev.seed.people import DEMO_PEOPLE, LEARNER, Person
from dev.seed.plan import Plan, share_of_today
from dev.seed.rows import ReviewRow

DEMO_REVIEWS_EACH = 6
ATTEMPTS_EACH_MAX = 200
# Between the day on which both are there and a review there is time to buy and to deliver.
DELIVERY = 2 * DAY
STARS = 5
BAD_DAY_SHARE = 0.015
PRAISED_FROM = 4


@dataclass(frozen=True, slots=True)
class Review:
    """What a buyer wrote. `author` and `listing` are positions."""

    listing: int
    author: int
    rating: int
    written: int


def invent_reviews(
    plan: Plan,
    people: Sequence[Person],
    listings: Sequence[Listing],
    calendar: Calendar,
    number: int,
) -> list[Review]:
    """`plan.reviews` reviews, some of today."""
    draw = Draw(number, "reviews")
    popularity = WeightedChoice([draw.random.paretovariate(1.3) for _ in listings])
    today = share_of_today(plan.reviews)
    reviewed: set[tuple[int, int]] = set()
    reviews: list[Review] = []
    for attempt in range(plan.reviews * ATTEMPTS_EACH_MAX):
        if len(reviews) == plan.reviews:
            break
        position, author = _encounter(attempt, people, popularity, draw)
        listing = listings[position]
        earliest = max(listing.created, people[author].joined) + DELIVERY
        is_taken = author == listing.provider or (position, author) in reviewed
        if is_taken or not listing.was_published or earliest >= calendar.today:
            continue
        reviewed.add((position, author))
        is_today = len(reviews) >= plan.reviews - today
        written = calendar.some_time(draw, after=earliest, is_today=is_today)
        reviews.append(Review(position, author, _rating(listing.quality, draw), written))
    return reviews


def _encounter(
    attempt: int, people: Sequence[Person], popularity: WeightedChoice, draw: Draw
) -> tuple[int, int]:
    """Which listing meets which buyer; the first attempts are the demo seller's reviews."""
    author = draw.between(0, len(people) - 1)
    if attempt < DEMO_SERVICES * DEMO_REVIEWS_EACH:
        listing = attempt % DEMO_SERVICES
        return listing, DEMO_PEOPLE.index(LEARNER) if attempt == 0 else author
    return popularity.position(draw), author


def _rating(quality: float, draw: Draw) -> int:
    if draw.is_lucky(BAD_DAY_SHARE):
        return 1
    return min(STARS, max(1, round(draw.random.gauss(quality, 0.8))))


def tallies(reviews: Sequence[Review], listings_count: int) -> list[tuple[int, int]]:
    """The number of reviews and the sum of their stars, for each listing."""
    counts = [0] * listings_count
    totals = [0] * listings_count
    for review in reviews:
        counts[review.listing] += 1
        totals[review.listing] += review.rating
    return list(zip(counts, totals, strict=True))


def review_rows(
    reviews: Sequence[Review],
    orders: Sequence[UUID],
    shown: Sequence[tuple[datetime, datetime]],
    listings: Sequence[Listing],
    people: Sequence[Person],
    number: int,
) -> list[ReviewRow]:
    """The rows of `reviews`, with the order of each and the times of `buyers.shown_times`."""
    draw = Draw(number, "comments")
    remarks = [_Remarks(listing, people[listing.provider], draw) for listing in listings]
    rows: list[ReviewRow] = []
    for review, order_id, (shown_at, due_at) in zip(reviews, orders, shown, strict=True):
        written = moment(review.written)
        rows.append(
            ReviewRow(
                id=draw.id_at(written),
                order_id=order_id,
                service_id=listings[review.listing].id,
                author_id=people[review.author].id,
                buyer_id=None,
                rating=review.rating,
                comment=remarks[review.listing].comment(review.rating, draw),
                created_at=written,
                edited_at=None,
                shown_at=shown_at,
                due_at=due_at,
            )
        )
    return rows


class _Remarks:
    """What buyers say about one listing. No praise comes again before all of it has come."""

    def __init__(self, listing: Listing, provider: Person, draw: Draw) -> None:
        self._first_name = provider.first_name
        self._gripes = (listing.offer.gripe, *listing.trade.gripes)
        self._failures = listing.trade.failures
        own = listing.offer.praise
        others = listing.trade.praise + general_praise()
        self._praise = cycle([*draw.sample(own, len(own)), *draw.sample(others, len(others))])
        self._openings = {
            rating: cycle(draw.sample(words.openings, len(words.openings)))
            for rating, words in review_words().items()
        }

    def comment(self, rating: int, draw: Draw) -> str:
        """A comment that fits `rating`."""
        words = review_words()[rating]
        parts = [next(self._openings[rating])]
        if rating >= PRAISED_FROM:
            parts += [next(self._praise) for _ in range(2 if draw.is_lucky(0.25) else 1)]
        if words.bridges:
            parts.append(draw.pick(words.bridges))
        if draw.is_lucky(0.7):
            parts.append(draw.pick(words.closings))
        return (
            " ".join(part for part in parts if part)
            .replace("{first}", self._first_name)
            .replace("{gripe}", draw.pick(self._gripes))
            .replace("{failure}", draw.pick(self._failures))
        )
