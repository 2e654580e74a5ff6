"""Invents what people buy from each other: what they review, and more."""

from collections.abc import Sequence
from dataclasses import dataclass

from dev.seed.calendar import DAY, HOUR, Calendar
from dev.seed.drawing import Draw
from dev.seed.listings import AZR, Listing
from dev.seed.people import Person
from dev.seed.plan import Plan, share_of_today
from dev.seed.reviews import Review

ATTEMPTS_EACH_MAX = 200
DELIVERY_MAX = 14 * DAY
# Of the buyers who give one star, so many get their AZR back.
REFUNDED_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Purchase:
    """Somebody bought something. `settled` is when the seller was paid, if that has happened.

    `buyer` and `provider` are positions; `price` is in 1e-8 AZR.
    """

    buyer: int
    provider: int
    price: int
    bought: int
    settled: int | None
    is_refunded: bool = False


def invent_purchases(
    plan: Plan,
    people: Sequence[Person],
    listings: Sequence[Listing],
    reviews: Sequence[Review],
    calendar: Calendar,
    number: int,
) -> list[Purchase]:
    """The purchase before each review, and `plan.unreviewed_purchases` others."""
    draw = Draw(number, "purchases")
    reviewed = [
        _reviewed(review, listings[review.listing], people[review.author], draw)
        for review in reviews
    ]
    return reviewed + _unreviewed(plan, people, listings, calendar, draw)


def _reviewed(review: Review, listing: Listing, author: Person, draw: Draw) -> Purchase:
    earliest = max(listing.created, author.joined) + HOUR
    longest = min(DELIVERY_MAX, review.written - earliest)
    bought = review.written - draw.between(longest // 2, longest)
    return Purchase(
        buyer=review.author,
        provider=listing.provider,
        price=listing.price or _agreed_price(draw),
        bought=bought,
        settled=draw.between(bought + (review.written - bought) // 2, review.written),
        is_refunded=review.rating == 1 and draw.is_lucky(REFUNDED_SHARE),
    )


def _unreviewed(
    plan: Plan,
    people: Sequence[Person],
    listings: Sequence[Listing],
    calendar: Calendar,
    draw: Draw,
) -> list[Purchase]:
    """Some of them of today, whose sellers wait for their AZR."""
    today = share_of_today(plan.unreviewed_purchases)
    purchases: list[Purchase] = []
    for _ in range(plan.unreviewed_purchases * ATTEMPTS_EACH_MAX):
        if len(purchases) == plan.unreviewed_purchases:
            break
        listing = draw.pick(listings)
        buyer = draw.between(0, len(people) - 1)
        earliest = max(listing.created, people[buyer].joined) + HOUR
        if buyer == listing.provider or not listing.is_active or earliest >= calendar.today:
            continue
        is_today = len(purchases) < today
        bought = calendar.some_time(draw, after=earliest, is_today=is_today)
        settled = bought + draw.between(DAY // 2, 5 * DAY)
        is_settled = settled < calendar.today
        price = listing.price or _agreed_price(draw)
        purchases.append(
            Purchase(buyer, listing.provider, price, bought, settled if is_settled else None)
        )
    return purchases


def _agreed_price(draw: Draw) -> int:
    """For a service without a price of its own."""
    return draw.between(8, 60) * 5 * AZR
