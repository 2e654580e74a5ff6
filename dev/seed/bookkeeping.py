"""Posts what moved, and writes everybody's statement of it."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from dev.seed.books import Books, Posted
from dev.seed.calendar import Calendar, moment
from dev.seed.drawing import Draw
from dev.seed.listings import azr_amount
from dev.seed.people import Person
from dev.seed.rows import TransactionRow
from dev.seed.statements import Movement
from models.tables import AccountKind, PostingKind, TransactionStatus, TransactionType
from services.ledger.recipes import (
    COMMISSION_RATE,
    Leg,
    Recipe,
    fund_rewards,
    mint,
    open_escrow,
    pay_listing_fee,
    refund_escrow,
    release_escrow,
    reward,
    transfer,
)

CURRENCY = "AZR"
# The pool keeps as much as it gave.
FUNDING_FACTOR = 2


def keep_books(
    movements: Sequence[Movement], people: Sequence[Person], calendar: Calendar, number: int
) -> tuple[Books, list[TransactionRow]]:
    """The ledger after all movements, and the line of each on its person's statement."""
    draw = Draw(number, "transaction ids")
    books = Books(Draw(number, "posting ids"))
    funding = fund_rewards(amount_azr=_funding(movements), actor_id=None)
    books.post(funding, moment(calendar.beginning))
    lines: list[TransactionRow] = []
    posted: Posted | None = None
    for movement in movements:
        created = moment(movement.at)
        id_ = draw.id_at(created)
        if movement.status is not TransactionStatus.COMPLETED:
            posted = None
        elif movement.type is not TransactionType.TRANSFER_IN:
            posted = books.post(_recipe(movement, people, id_), created)
        lines.append(_line(id_, movement, people, posted))
    return books, lines


def _funding(movements: Sequence[Movement]) -> Decimal:
    rewards = sum(each.amount for each in movements if each.type is TransactionType.REWARD)
    return azr_amount(rewards * FUNDING_FACTOR)


def _recipe(movement: Movement, people: Sequence[Person], event_id: UUID) -> Recipe:
    """What the ledger posts for a movement; `event_id` is what a reward is for."""
    amount = azr_amount(movement.amount)
    person = people[movement.person].id
    if movement.other is not None:
        return _recipe_of_two(movement, person, people[movement.other].id, amount)
    match movement.type:
        case TransactionType.TOP_UP:
            return mint(user_id=person, amount_azr=amount, actor_id=person)
        case TransactionType.REWARD:
            return reward(user_id=person, event_id=event_id, amount_azr=amount)
        case TransactionType.LISTING_FEE:
            return pay_listing_fee(service_id=movement.subject or event_id, seller_id=person)
        case _:
            legs = (Leg(AccountKind.WALLET, -amount, person), Leg(AccountKind.AI_REVENUE, amount))
            return Recipe(PostingKind.AI_USAGE, legs, actor_id=person)


def _recipe_of_two(movement: Movement, person: UUID, other: UUID, amount: Decimal) -> Recipe:
    """What the ledger posts between two people, for an order if the movement has a subject."""
    if movement.subject is None:
        return transfer(sender_id=person, recipient_id=other, amount_azr=amount)
    order_id = movement.subject
    match movement.type:
        case TransactionType.PURCHASE:
            return open_escrow(
                order_id=order_id, buyer_id=person, seller_id=other, price_azr=amount
            )
        case TransactionType.SALE:
            return release_escrow(
                order_id=order_id,
                buyer_id=other,
                seller_id=person,
                price_azr=amount / (1 - COMMISSION_RATE),
                actor_id=other,
            )
        case _:
            return refund_escrow(
                order_id=order_id,
                buyer_id=person,
                seller_id=other,
                price_azr=amount,
                actor_id=other,
            )


def _line(
    id_: UUID, movement: Movement, people: Sequence[Person], posted: Posted | None
) -> TransactionRow:
    person = people[movement.person].id
    return TransactionRow(
        id=id_,
        user_id=person,
        type=movement.type.value,
        amount=azr_amount(movement.amount),
        currency=CURRENCY,
        status=movement.status.value,
        created_at=moment(movement.at),
        ledger_transaction_id=None if posted is None else posted.id,
        balance_after=None if posted is None else posted.balances[person],
        counterparty_id=None if movement.other is None else people[movement.other].id,
        receipt_code=None if posted is None else _receipt_code(id_),
    )


def _receipt_code(id_: UUID) -> str:
    """As the ledger's `ledger_receipt` makes it."""
    digits = id_.hex[-12:].upper()
    return f"AZR-{digits[:4]}-{digits[4:8]}-{digits[8:]}"
