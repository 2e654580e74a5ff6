"""Puts purchases into orders, each with the history that led to its state."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from uuid import UUID

from dev.seed.calendar import HOUR, Calendar, moment
from dev.seed.drawing import Draw
from dev.seed.listings import Listing, azr_amount
from dev.seed.people import Person
from dev.seed.purchases import Purchase
from dev.seed.rows import OrderEventRow, OrderRow
from models.tables import OrderAction, OrderParty, OrderState
from services.ledger.recipes import commission_of
from services.marketplace.orders.states import DEADLINES, PLACING, Transition, transitions

NOTHING = Decimal(0)
_GOING_WELL = (
    (OrderAction.ACCEPT, OrderParty.SELLER, OrderState.PAID),
    (OrderAction.DELIVER, OrderParty.SELLER, OrderState.ACCEPTED),
    (OrderAction.CONFIRM, OrderParty.BUYER, OrderState.DELIVERED),
)
_CALLED_OFF = (_GOING_WELL[0], (OrderAction.CANCEL, OrderParty.SELLER, OrderState.ACCEPTED))


def order_rows(
    purchases: Sequence[Purchase],
    listings: Sequence[Listing],
    people: Sequence[Person],
    calendar: Calendar,
    number: int,
) -> tuple[list[OrderRow], list[OrderEventRow]]:
    """The orders and their histories."""
    draw = Draw(number, "order events")
    orders: list[OrderRow] = []
    events: list[OrderEventRow] = []
    for purchase in purchases:
        steps = [*_steps(purchase, calendar)]
        orders.append(_order(purchase, steps, listings[purchase.listing], people))
        events += _events(purchase, steps, people, draw)
    return orders, events


def _steps(purchase: Purchase, calendar: Calendar) -> Iterator[tuple[int, Transition]]:
    """What happened, and when. Sellers accept within hours what was bought before today."""
    yield from ((purchase.bought, step) for step in PLACING)
    way = _CALLED_OFF if purchase.is_called_off else _GOING_WELL
    if purchase.settled is not None:
        length = purchase.settled - purchase.bought
        for place, (action, party, state) in enumerate(way, start=1):
            at = purchase.bought + length * place // len(way)
            yield at, transitions(action, party, state)[0]
    elif purchase.bought < calendar.today:
        at = min(purchase.bought + 2 * HOUR, calendar.today - 1)
        yield at, transitions(*way[0])[0]


def _order(
    purchase: Purchase,
    steps: Sequence[tuple[int, Transition]],
    listing: Listing,
    people: Sequence[Person],
) -> OrderRow:
    last_at, last = steps[-1]
    deadline = DEADLINES.get(last.to_state)
    price = azr_amount(purchase.price)
    refunded = price if purchase.is_called_off else NOTHING
    return OrderRow(
        id=purchase.id,
        buyer_id=people[purchase.buyer].id,
        seller_id=people[purchase.provider].id,
        service_id=listing.id,
        service_name=listing.name,
        price_azr=price,
        commission_azr=commission_of(price - refunded),
        refunded_azr=refunded,
        note="",
        state=last.to_state.value,
        version=len(steps),
        deadline_at=None if deadline is None else moment(last_at) + deadline.after,
        paid_out_at=moment(last_at) if last.to_state is OrderState.COMPLETED else None,
        created_at=moment(purchase.bought),
        updated_at=moment(last_at),
    )


def _events(
    purchase: Purchase,
    steps: Sequence[tuple[int, Transition]],
    people: Sequence[Person],
    draw: Draw,
) -> Iterator[OrderEventRow]:
    actors: dict[OrderParty, UUID] = {
        OrderParty.BUYER: people[purchase.buyer].id,
        OrderParty.SELLER: people[purchase.provider].id,
    }
    for position, (at, step) in enumerate(steps, start=1):
        is_refund = step.action is OrderAction.CANCEL
        yield OrderEventRow(
            id=draw.id_at(moment(at)),
            order_id=purchase.id,
            position=position,
            action=step.action.value,
            party=step.party.value,
            actor_id=actors[step.party],
            from_state=None if step.from_state is None else step.from_state.value,
            to_state=step.to_state.value,
            refunded_azr=azr_amount(purchase.price) if is_refund else NOTHING,
            note="",
            created_at=moment(at),
        )
