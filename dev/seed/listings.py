"""Invents services, most of them on offer.

Prices are whole millionths of AZR, so that a commission of 15 % is exact with 8 decimals.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence, Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from dev.seed.calendar import HOUR, Calendar, moment
from dev.seed.drawing import Draw, WeightedChoice
from dev.seed.library import Offer, Trade, trades
from dev.seed.people import DEMO_PEOPLE, SELLER, Person, positions_with
from dev.seed.plan import Plan
from dev.seed.rows import ServiceRow
from models.tables import ListingState, Role

# Amounts of AZR are whole numbers of its smallest part, 1e-8, until they become rows.
AZR = 100_000_000
DEMO_SERVICES = 5
DEMO_TRADE = "Design"
# One listing of so many is not on offer, none of the first.
NOT_ON_OFFER_EVERY = {
    13: ListingState.DRAFT,
    17: ListingState.PAUSED,
    19: ListingState.CLOSED,
}
UNPRICED_SHARE = 0.03
CITY_NAME_SHARE = 0.1
ANGLE_SHARE = 0.45
# People name round prices, now and then exact to the hundredth, hardly ever to the millionth.
PRICE_STEPS = (5 * AZR, AZR // 2, AZR // 100, AZR // 1_000_000)
_PRICE_STEP_CHOICE = WeightedChoice((70, 20, 7, 3))


@dataclass(frozen=True, slots=True)
class Listing:
    """A service. `provider` is a position in the list of people.

    `quality` is the mean of the stars that buyers will give.
    """

    id: UUID
    name: str
    trade: Trade
    offer: Offer
    description: str
    price: int | None
    provider: int
    state: ListingState
    created: int
    updated: int
    quality: float

    @property
    def was_published(self) -> bool:
        """Whether it was ever on offer, and so was paid for, sold and reviewed."""
        return self.state is not ListingState.DRAFT


def azr_amount(parts: int) -> Decimal:
    """`parts` hundred-millionths of AZR, with 8 decimals."""
    return Decimal(parts).scaleb(-8)


def invent_listings(
    plan: Plan, people: Sequence[Person], calendar: Calendar, number: int
) -> list[Listing]:
    """`plan.services` listings, every seller with at least one, the demo seller's first.

    The last is the demo seller's, a draft to publish.
    """
    draw = Draw(number, "listings")
    sellers = positions_with(people, Role.SELLER)
    demo_seller = DEMO_PEOPLE.index(SELLER)
    providers = [demo_seller] * (DEMO_SERVICES - 1) + sellers
    providers += [draw.pick(sellers[1:]) for _ in range(plan.services - len(providers) - 1)]
    providers.append(demo_seller)
    trade_of = _trades(sellers, demo_seller, draw)
    offered: Counter[str] = Counter()
    own: defaultdict[int, set[str]] = defaultdict(set)
    listings: list[Listing] = []
    for turn, provider in enumerate(providers, start=1):
        seller = _Seller(
            provider, people[provider], trade_of[provider], is_demo=provider == demo_seller
        )
        offer = _fresh_offer(seller.trade, own[provider], offered, draw)
        own[provider].add(offer.name)
        offered[offer.name] += 1
        state = ListingState.DRAFT if turn == plan.services else _state(turn)
        listings.append(_listing(seller, offer, calendar, draw, state))
    return listings


def _state(turn: int) -> ListingState:
    states = (state for every, state in NOT_ON_OFFER_EVERY.items() if turn % every == 0)
    return next(states, ListingState.PUBLISHED)


def _fresh_offer(trade: Trade, own: AbstractSet[str], offered: Counter[str], draw: Draw) -> Offer:
    """One that the seller does not have yet, and of these one that few others have.

    A small world then shows each idea once.
    """
    candidates = [each for each in trade.offers if each.name not in own] or trade.offers
    least = min(offered[each.name] for each in candidates)
    return draw.pick([each for each in candidates if offered[each.name] == least])


@dataclass(frozen=True, slots=True)
class _Seller:
    position: int
    person: Person
    trade: Trade
    is_demo: bool


def _trades(sellers: Sequence[int], demo_seller: int, draw: Draw) -> dict[int, Trade]:
    """One trade for each seller, all trades about equally often."""
    order = draw.sample(trades(), len(trades()))
    trade_of = {seller: order[turn % len(order)] for turn, seller in enumerate(sellers)}
    trade_of[demo_seller] = next(each for each in order if each.name == DEMO_TRADE)
    return trade_of


def _listing(
    seller: _Seller, offer: Offer, calendar: Calendar, draw: Draw, state: ListingState
) -> Listing:
    latest = calendar.days_ago(20) if seller.is_demo else calendar.today
    created = draw.between(seller.person.joined + 2 * HOUR, latest - HOUR)
    is_priced = seller.is_demo or not draw.is_lucky(UNPRICED_SHARE)
    return Listing(
        id=draw.id_at(moment(created)),
        name=_name(seller, offer, draw),
        trade=seller.trade,
        offer=offer,
        description=_description(seller, offer, draw),
        price=_price(offer, draw) if is_priced else None,
        provider=seller.position,
        state=state,
        created=created,
        updated=calendar.in_history(draw, after=created),
        quality=4.8 if seller.is_demo else draw.random.triangular(2.6, 5.4, 4.9),
    )


def _name(seller: _Seller, offer: Offer, draw: Draw) -> str:
    """The offer's name; half of the sellers narrow it down or say where they are."""
    comma = "," if "," in offer.name else ""
    has_for = " for " in offer.name
    angles = [each for each in offer.angles if not (has_for and each.startswith("for "))]
    if draw.is_lucky(CITY_NAME_SHARE):
        return f"{offer.name}{comma} in {seller.person.city}"
    if angles and draw.is_lucky(ANGLE_SHARE):
        return f"{offer.name}{comma} {draw.pick(angles)}"
    return offer.name


def _description(seller: _Seller, offer: Offer, draw: Draw) -> str:
    place = draw.pick(
        (
            f"I work from {seller.person.city} and online.",
            f"Based in {seller.person.city}.",
            f"You find me in {seller.person.city}; distance is no problem.",
            f"I am {seller.person.first_name}, and I live in {seller.person.city}.",
        )
    )
    process = " ".join(draw.sample(seller.trade.process, 2))
    terms = " ".join(draw.sample(seller.trade.terms, 2))
    return f"{offer.pitch} {process}\n\n{terms} {place}"


def _price(offer: Offer, draw: Draw) -> int:
    usual = offer.lowest + (offer.highest - offer.lowest) * 0.3
    azr = draw.random.triangular(offer.lowest, offer.highest, usual)
    step = PRICE_STEPS[_PRICE_STEP_CHOICE.position(draw)]
    return max(offer.lowest * AZR, round(azr * AZR / step) * step)


def service_rows(
    listings: Sequence[Listing], people: Sequence[Person], tallies: Sequence[tuple[int, int]]
) -> list[ServiceRow]:
    """The rows of `listings`; a tally is the number of a listing's reviews and all their stars."""
    return [
        ServiceRow(
            id=listing.id,
            name=listing.name,
            category=listing.trade.name,
            price_azr=None if listing.price is None else azr_amount(listing.price),
            provider_id=people[listing.provider].id,
            is_active=listing.state is ListingState.PUBLISHED,
            state=listing.state.value,
            is_held=False,
            created_at=moment(listing.created),
            updated_at=moment(listing.updated),
            description=listing.description,
            review_count=count,
            rating_total=total,
        )
        for listing, (count, total) in zip(listings, tallies, strict=True)
    ]
