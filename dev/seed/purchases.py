"""Invents what people buy from each other: what they review, and more."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from dev.seed.calendar import DAY, HOUR, Calendar, moment
from dev.seed.drawing import Draw
from dev.seed.listings import AZR, Listing
from dev.seed.people import Person
from dev.seed.plan import Plan, share_of_today
from dev.seed.reviews import Review
from models.tables import ListingState

ATTEMPTS_EACH_MAX = 200
DELIVERY_MAX = 14 * DAY
# Of the orders that nobody reviews, so many are called off.
CALLED_OFF_SHARE = 0.06


@dataclass(frozen=True, slots=True)
class Purchase:
    """Somebody bought something. `settled` is when the seller was paid, if that has happened.

    `listing`, `buyer` and `provider` are positions; `price` is in 1e-8 AZR. One that is called off
    was settled with the buyer.
    """

    id: UUID
    listing: int
    buyer: int
    provider: int
    price: int
    bought: int
    settled: int | None
    is_called_off: bool = False


def invent_purchases(
    plan: Plan,
    people: Sequence[Person],
    listings: Sequence[Listing],
    reviews: Sequence[Review],
    calendar: Calendar,
    number: int,
) -> list[Purchase]:
    """The purchase before each review, in their order, and `plan.unreviewed_purchases` others."""
    draw, ids = Draw(number, "purchases"), Draw(number, "order ids")
    reviewed = [
        _reviewed(review, listings[review.listing], people[review.author], draw, ids)
        for review in reviews
    ]
    return reviewed + _unreviewed(plan, people, listings, calendar, draw, ids)


def _reviewed(review: Review, listing: Listing, author: Person, draw: Draw, ids: Draw) -> Purchase:
    earliest = max(listing.created, author.joined) + HOUR
    longest = min(DELIVERY_MAX, review.written - earliest)
    bought = review.written - draw.between(longest // 2, longest)
    return Purchase(
        id=ids.id_at(moment(bought)),
        listing=review.listing,
        buyer=review.author,
        provider=listing.provider,
        price=listing.price or _agreed_price(draw),
        bought=bought,
        settled=draw.between(bought + (review.written - bought) // 2, review.written),
    )


def _unreviewed(
    plan: Plan,
    people: Sequence[Person],
    listings: Sequence[Listing],
    calendar: Calendar,
    draw: Draw,
    ids: Draw,
) -> list[Purchase]:
    """Some of them of today, whose sellers wait for their AZR."""
    today = share_of_today(plan.unreviewed_purchases)
    purchases: list[Purchase] = []
    for _ in range(plan.unreviewed_purchases * ATTEMPTS_EACH_MAX):
        if len(purchases) == plan.unreviewed_purchases:
            break
        position = draw.between(0, len(listings) - 1)
        listing = listings[position]
        buyer = draw.between(0, len(people) - 1)
        earliest = max(listing.created, people[buyer].joined) + HOUR
        is_sold = listing.state is ListingState.PUBLISHED and buyer != listing.provider
        if not is_sold or earliest >= calendar.today:
            continue
        is_today = len(purchases) < today
        bought = calendar.some_time(draw, after=earliest, is_today=is_today)
        settled = bought + draw.between(DAY // 2, 5 * DAY)
        is_settled = settled < calendar.today
        price = listing.price or _agreed_price(draw)
        purchases.append(
            Purchase(
                id=ids.id_at(moment(bought)),
                listing=position,
                buyer=buyer,
                provider=listing.provider,
                price=price,
                bought=bought,
                settled=settled if is_settled else None,
                is_called_off=is_settled and draw.is_lucky(CALLED_OFF_SHARE),
            )
        )
    return purchases


def _agreed_price(draw: Draw) -> int:
    """For a service without a price of its own."""
    return draw.between(8, 60) * 5 * AZR
