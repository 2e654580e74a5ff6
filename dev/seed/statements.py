"""Invents how AZR moved: what came, what went, and top-ups where it would not reach.

Amounts are whole numbers of 1e-8 AZR. Nobody's balance is negative at any time.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from dev.seed.calendar import DAY, HOUR, MINUTE, SECOND, Calendar
from dev.seed.conversations import Talk, overage_by_day
from dev.seed.drawing import Draw
from dev.seed.enrolments import Enrolment
from dev.seed.learning import Course
from dev.seed.listings import AZR, Listing
from dev.seed.people import DEMO_PEOPLE, PARTNER, Person
from dev.seed.plan import Plan, share_of_today
from dev.seed.purchases import Purchase
from models.tables import CourseLevel, TransactionStatus, TransactionType
from models.tables.tokens import INCOMING_TYPES
from services.ledger.recipes import COMMISSION_RATE, LISTING_FEE_AZR

WELCOME_REWARD = 5 * AZR
LISTING_FEE = int(LISTING_FEE_AZR) * AZR
COURSE_REWARDS = {
    CourseLevel.BEGINNER: 10 * AZR,
    CourseLevel.INTERMEDIATE: 15 * AZR,
    CourseLevel.ADVANCED: 25 * AZR,
}
# 0.01 AZR for 1,000 tokens (blueprint 9.1).
PARTS_EACH_AI_TOKEN = 1000
TOP_UPS = tuple(amount * AZR for amount in (20, 25, 40, 50, 100, 100, 150, 200, 250, 500))
TOP_UP_STEP = 50 * AZR
FAILED_TOP_UP_SHARE = 0.04
FAILED_PURCHASE_SHARE = 0.02
PARTNER_FUNDING = 5_000 * AZR


class Movement(NamedTuple):
    """One movement on one person's statement. `person` and the `other` side are positions.

    `subject` is the order or the listing that AZR moved for.
    """

    at: int
    person: int
    type: TransactionType
    amount: int
    status: TransactionStatus = TransactionStatus.COMPLETED
    other: int | None = None
    subject: UUID | None = None


class Causes(NamedTuple):
    """What causes movements."""

    people: Sequence[Person]
    listings: Sequence[Listing]
    purchases: Sequence[Purchase]
    courses: Sequence[Course]
    enrolments: Sequence[Enrolment]
    talks: Sequence[Talk]


def keep_statements(plan: Plan, causes: Causes, calendar: Calendar, number: int) -> list[Movement]:
    """All movements in the order of time, in which nobody ever lacks AZR."""
    draw = Draw(number, "statements")
    movements = [
        *_rewards(causes),
        *_marketplace(causes, draw),
        *_ai_usage(causes),
        *_transfers(plan, causes.people, calendar, draw),
        *_top_ups(plan, causes.people, calendar, draw),
    ]
    movements.sort(key=attrgetter("at"))
    return _covered(movements, causes.people, draw)


def _rewards(causes: Causes) -> Iterable[Movement]:
    for position, person in enumerate(causes.people):
        yield Movement(person.joined, position, TransactionType.REWARD, WELCOME_REWARD)
    for enrolment in causes.enrolments:
        if enrolment.is_finished:
            level = causes.courses[enrolment.course].outline.level
            yield Movement(
                enrolment.completions[-1] + SECOND,
                enrolment.learner,
                TransactionType.REWARD,
                COURSE_REWARDS[level],
            )


def _marketplace(causes: Causes, draw: Draw) -> Iterable[Movement]:
    for listing in causes.listings:
        if not listing.was_published:
            continue
        fee = Movement(listing.created, listing.provider, TransactionType.LISTING_FEE, LISTING_FEE)
        yield fee._replace(subject=listing.id)
    for purchase in causes.purchases:
        buying = Movement(
            purchase.bought,
            purchase.buyer,
            TransactionType.PURCHASE,
            purchase.price,
            other=purchase.provider,
            subject=purchase.id,
        )
        if draw.is_lucky(FAILED_PURCHASE_SHARE):
            yield buying._replace(at=buying.at - MINUTE, status=TransactionStatus.FAILED)
        yield buying
        yield from _settlement(purchase, buying)


def _settlement(purchase: Purchase, buying: Movement) -> Iterable[Movement]:
    """What the seller receives, or the buyer gets back."""
    earned = int(purchase.price * (1 - COMMISSION_RATE))
    status = TransactionStatus.COMPLETED
    if purchase.is_called_off:
        status = TransactionStatus.FAILED
    elif purchase.settled is None:
        status = TransactionStatus.PENDING
    at = purchase.bought if purchase.settled is None else purchase.settled
    yield Movement(
        at,
        purchase.provider,
        TransactionType.SALE,
        earned,
        status,
        other=purchase.buyer,
        subject=buying.subject,
    )
    if purchase.is_called_off:
        yield buying._replace(at=at, type=TransactionType.REFUND)


def _ai_usage(causes: Causes) -> Iterable[Movement]:
    for person, at, tokens in overage_by_day(causes.talks):
        yield Movement(at, person, TransactionType.AI_USAGE, tokens * PARTS_EACH_AI_TOKEN)


def _transfers(
    plan: Plan, people: Sequence[Person], calendar: Calendar, draw: Draw
) -> Iterable[Movement]:
    today = share_of_today(plan.transfers)
    known = _known(people, calendar)
    for turn in range(plan.transfers):
        sender, recipient = draw.sample(known, 2)
        earliest = max(people[sender].joined, people[recipient].joined) + HOUR
        amount = draw.between(2, 120) * AZR // 2
        at = calendar.some_time(draw, after=earliest, is_today=turn < today)
        sent = Movement(at, sender, TransactionType.TRANSFER_OUT, amount, other=recipient)
        yield sent
        # Right after it, also when all are sorted by time: one posting for both.
        yield sent._replace(person=recipient, type=TransactionType.TRANSFER_IN, other=sender)


def _known(people: Sequence[Person], calendar: Calendar) -> list[int]:
    """The positions of those who have been here since before last midnight."""
    return [
        position
        for position, person in enumerate(people)
        if person.joined < calendar.today - 2 * HOUR
    ]


def _top_ups(
    plan: Plan, people: Sequence[Person], calendar: Calendar, draw: Draw
) -> Iterable[Movement]:
    """Top-ups out of foresight. Some fail; of those of today some are still on their way."""
    partner = DEMO_PEOPLE.index(PARTNER)
    funded = people[partner].joined + DAY
    yield Movement(funded, partner, TransactionType.TOP_UP, PARTNER_FUNDING)
    today = share_of_today(plan.top_ups)
    known = _known(people, calendar)
    for turn in range(plan.top_ups):
        person = draw.pick(known)
        is_today = turn < today
        at = calendar.some_time(draw, after=people[person].joined + SECOND, is_today=is_today)
        status = TransactionStatus.COMPLETED
        if is_today and draw.is_lucky(0.5):
            status = TransactionStatus.PENDING
        elif draw.is_lucky(FAILED_TOP_UP_SHARE):
            status = TransactionStatus.FAILED
        yield Movement(at, person, TransactionType.TOP_UP, draw.pick(TOP_UPS), status)


def _covered(movements: Sequence[Movement], people: Sequence[Person], draw: Draw) -> list[Movement]:
    """`movements` with a top-up before each outgoing one that the balance would not cover."""
    balances = [0] * len(people)
    covered: list[Movement] = []
    for movement in movements:
        _, person, kind, amount, status, *_ = movement
        covered.append(movement)
        if status is not TransactionStatus.COMPLETED:
            continue
        if kind in INCOMING_TYPES:
            balances[person] += amount
            continue
        if balances[person] < amount:
            top_up = _sufficient_top_up(movement, balances[person], people[person], draw)
            covered.append(top_up)
            balances[person] += top_up.amount
        balances[person] -= amount
    covered.sort(key=attrgetter("at"))
    return covered


def _sufficient_top_up(movement: Movement, balance: int, person: Person, draw: Draw) -> Movement:
    """A round amount, some minutes before `movement` but never before its person joined."""
    missing = movement.amount - balance
    rounded_up = -(-missing // TOP_UP_STEP) * TOP_UP_STEP
    amount = min((each for each in TOP_UPS if each >= missing), default=rounded_up)
    earliest = max(person.joined + 2 * SECOND, movement.at - 40 * MINUTE)
    at = min(draw.between(earliest, max(earliest, movement.at - MINUTE)), movement.at - 1)
    return Movement(at, movement.person, TransactionType.TOP_UP, amount)
