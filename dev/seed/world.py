"""Puts the seeded world together, all of it in memory, nothing of it loaded yet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dev.seed.bookkeeping import keep_books
from dev.seed.books import Books
from dev.seed.buyers import buyer_rating_rows, buyer_review_rows, invent_answers, shown_times
from dev.seed.calendar import Calendar, moment
from dev.seed.conversations import conversation_entries, invent_talks
from dev.seed.enrolments import enrolment_rows, invent_enrolments
from dev.seed.events import event_entries
from dev.seed.learning import course_rows, invent_courses, lesson_rows
from dev.seed.listings import Listing, invent_listings, service_rows
from dev.seed.orders import order_rows
from dev.seed.people import Person, invent_people
from dev.seed.plan import Plan
from dev.seed.prices import price_rows
from dev.seed.purchases import Purchase, invent_purchases
from dev.seed.reviews import Review, invent_reviews, review_rows, tallies
from dev.seed.rows import (
    BuyerRatingRow,
    ConversationEntry,
    CourseRow,
    EnrolmentRow,
    EventEntry,
    LessonProgressRow,
    LessonRow,
    OrderEventRow,
    OrderRow,
    ReviewRow,
    ServiceRow,
    TokenPriceRow,
    TransactionRow,
    UserRow,
)
from dev.seed.statements import Causes, keep_statements

STAGES = ("people", "marketplace", "courses", "enrolments", "talks", "statements", "events")


@dataclass(frozen=True, slots=True)
class World:
    """Every row and document of a seeded world."""

    users: list[UserRow]
    services: list[ServiceRow]
    orders: list[OrderRow]
    order_events: list[OrderEventRow]
    reviews: list[ReviewRow]
    buyer_ratings: list[BuyerRatingRow]
    courses: list[CourseRow]
    lessons: list[LessonRow]
    enrolments: list[EnrolmentRow]
    lesson_progress: list[LessonProgressRow]
    books: Books
    transactions: list[TransactionRow]
    token_prices: list[TokenPriceRow]
    conversations: list[ConversationEntry]
    events: list[EventEntry]

    def rows_by_table(self) -> Mapping[str, Sequence[tuple[object, ...]]]:
        """The rows of each table, a table after those that it refers to."""
        return {
            "users": self.users,
            "services": self.services,
            "orders": self.orders,
            "order_events": self.order_events,
            "reviews": self.reviews,
            "buyer_ratings": self.buyer_ratings,
            "courses": self.courses,
            "lessons": self.lessons,
            "enrolments": self.enrolments,
            "lesson_progress": self.lesson_progress,
            **self.books.rows_by_table(),
            "transactions": self.transactions,
            "token_prices": self.token_prices,
        }


def _ignore(_stage: str) -> None:
    """Let the stages pass unseen."""


def invent_world(
    plan: Plan,
    *,
    number: int,
    now: datetime,
    password_hash: str,
    on_stage: Callable[[str], None] = _ignore,
) -> World:
    """The world of `number` as it is at `now`: the same arguments give the same world.

    `now` must be aware. `on_stage` hears the name of each of STAGES when it is done.
    """
    calendar = Calendar.until(now)
    people = invent_people(plan, calendar, number)
    on_stage("people")
    listings = invent_listings(plan, people, calendar, number)
    reviews = invent_reviews(plan, people, listings, calendar, number)
    purchases = invent_purchases(plan, people, listings, reviews, calendar, number)
    orders, order_events = order_rows(purchases, listings, people, calendar, number)
    said = _what_both_say(reviews, purchases, listings, people, calendar, number)
    on_stage("marketplace")
    courses = invent_courses(plan, people, calendar, number)
    on_stage("courses")
    enrolments = invent_enrolments(plan, people, courses, calendar, number)
    progressing = enrolment_rows(enrolments, people, courses, number)
    on_stage("enrolments")
    talks = invent_talks(plan, people, calendar, number)
    on_stage("talks")
    causes = Causes(people, listings, purchases, courses, enrolments, talks)
    movements = keep_statements(plan, causes, calendar, number)
    books, transactions = keep_books(movements, people, calendar, number)
    balances = books.balances_of([person.id for person in people])
    on_stage("statements")
    events = event_entries(plan, people, calendar, number)
    on_stage("events")
    return World(
        users=_user_rows(people, balances, password_hash),
        services=service_rows(listings, people, tallies(reviews, len(listings))),
        orders=orders,
        order_events=order_events,
        reviews=[*said[0], *said[1]],
        buyer_ratings=buyer_rating_rows(said[1]),
        courses=course_rows(courses, people),
        lessons=lesson_rows(courses, number),
        enrolments=progressing[0],
        lesson_progress=progressing[1],
        books=books,
        transactions=transactions,
        token_prices=price_rows(calendar, number),
        conversations=conversation_entries(talks, people, number),
        events=events,
    )


def _what_both_say(
    reviews: Sequence[Review],
    purchases: Sequence[Purchase],
    listings: Sequence[Listing],
    people: Sequence[Person],
    calendar: Calendar,
    number: int,
) -> tuple[list[ReviewRow], list[ReviewRow]]:
    """The reviews of services, and those of buyers."""
    answers = invent_answers(reviews, purchases, calendar, number)
    shown = shown_times(reviews, purchases, answers)
    orders = [purchase.id for purchase in purchases[: len(reviews)]]
    return (
        review_rows(reviews, orders, shown, listings, people, number),
        buyer_review_rows(purchases, answers, shown, listings, people, number),
    )


def _user_rows(
    people: Sequence[Person], balances: Sequence[Decimal], password_hash: str
) -> list[UserRow]:
    return [
        UserRow(
            id=person.id,
            email=person.email,
            password_hash=password_hash,
            full_name=person.full_name,
            country_code=person.country,
            azr_balance=balance,
            created_at=moment(person.joined),
            updated_at=moment(person.updated),
            handle=person.handle,
            language=person.language,
            time_zone=person.time_zone,
            avatar_url=person.avatar_url,
            roles=[role.value for role in person.roles],
            preferences=person.preferences,
        )
        for person, balance in zip(people, balances, strict=True)
    ]
