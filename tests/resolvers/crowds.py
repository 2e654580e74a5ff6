"""Rows with few sort keys among them, so that only their ids tell many of them apart."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count, groupby
from random import Random
from typing import Any
from uuid import uuid4

from core.ids import new_id
from models.documents import Conversation, Message, MessageRole
from models.tables import (
    Course,
    Enrolment,
    Lesson,
    Order,
    OrderEvent,
    OrderEvidence,
    Payment,
    Review,
    Service,
    Transaction,
    User,
)
from resolvers.context import Platform

BEGINNING = datetime(2026, 11, 22, 18, 45, tzinfo=UTC)
PRICE_MAX = Decimal("9999999999.99999999")
PRICES = (None, Decimal(0), Decimal("0.00000001"), Decimal(5), PRICE_MAX)
NAMES = ("a", "b", "bb", 'b "quoted"', "c\\" * 127, "\N{ETHIOPIC SYLLABLE HA}" * 255)


class Crowds:
    """Writes crowds. The same seed makes the same sort keys; ids are new each time."""

    def __init__(self, platform: Platform, seed: int = 7) -> None:
        self.platform = platform
        self.random = Random(seed)  # noqa: S311  # reproducible
        self.numbers = count(1)

    async def save(self, *rows: Any) -> None:
        """Write rows, those that others refer to first."""
        async with self.platform.stores.database.transaction() as session:
            for _, group in groupby(rows, type):
                session.add_all(group)
                await session.flush()

    def moment(self) -> datetime:
        return BEGINNING + timedelta(microseconds=self.random.choice([0, 1000, 2000, 2001]))

    def user(self) -> User:
        email = f"crowd{next(self.numbers)}@example.com"
        moment = self.moment()
        # Without order, unlike UUIDv7: rows of one moment must be told apart by every bit.
        return User(
            id=uuid4(), email=email, password_hash="none", created_at=moment, updated_at=moment
        )

    def service(self, provider: User, **values: Any) -> Service:
        reviews = self.random.randrange(4)
        moment = self.moment()
        made = {
            "id": uuid4(),
            "name": self.random.choice(
                ["a", "b", "bb", "a" * 255, "\N{ETHIOPIC SYLLABLE HA}" * 255]
            ),
            "price_azr": self.random.choice([None, Decimal(0), Decimal("0.00000001"), Decimal(5)]),
            "review_count": reviews,
            "rating_total": self.random.randint(reviews, 2 * reviews),
            "provider_id": provider.id,
            "created_at": moment,
            "updated_at": moment,
        }
        return Service(**{**made, **values})

    def review(self, service: Service, author: User, **values: Any) -> Review:
        moment = self.moment()
        made = {
            "id": uuid4(),
            "service_id": service.id,
            "author_id": author.id,
            "rating": 4,
            "comment": "Well done.",
            "created_at": moment,
            "shown_at": moment,
        }
        return Review(**{**made, **values})

    def order(self, service: Service, buyer: User, **values: Any) -> Order:
        moment = self.moment()
        made = {
            "id": uuid4(),
            "buyer_id": buyer.id,
            "seller_id": service.provider_id,
            "service_id": service.id,
            "service_name": "a",
            "price_azr": Decimal(5),
            "commission_azr": Decimal("0.75"),
            "state": "completed",
            "version": 1,
            "created_at": moment,
            "updated_at": moment,
        }
        return Order(**{**made, **values})

    def event(self, order: Order, position: int) -> OrderEvent:
        return OrderEvent(
            id=uuid4(),
            order_id=order.id,
            position=position,
            action="expire",
            party="clock",
            to_state="expired",
            created_at=self.moment(),
        )

    def evidence(self, order: Order) -> OrderEvidence:
        return OrderEvidence(
            id=uuid4(),
            order_id=order.id,
            author_id=order.buyer_id,
            text="A text.",
            created_at=self.moment(),
        )

    def course(self, instructor: User, **values: Any) -> Course:
        moment = self.moment()
        made = {
            "id": uuid4(),
            "title": self.random.choice(NAMES),
            "description": "What it teaches.",
            "subject": "Programming",
            "level": "beginner",
            "language": "en",
            "instructor_id": instructor.id,
            "is_published": True,
            "created_at": moment,
            "updated_at": moment,
        }
        return Course(**{**made, **values})

    def lesson(self, course: Course, position: int) -> Lesson:
        return Lesson(
            id=uuid4(),
            course_id=course.id,
            position=position,
            title="A lesson",
            body="",
            duration_minutes=10,
        )

    def enrolment(self, user: User, course: Course) -> Enrolment:
        moment = self.moment()
        return Enrolment(id=uuid4(), user_id=user.id, course_id=course.id, created_at=moment)

    def payment(self, owner: User) -> Payment:
        moment = self.moment()
        return Payment(
            id=uuid4(),
            user_id=owner.id,
            purpose="tokens",
            provider="local",
            amount_cents=200,
            amount_azr=Decimal(40),
            idempotency_key=uuid4().hex,
            request_hash=bytes(32),
            created_at=moment,
            checked_at=moment,
        )

    def transaction(self, user: User, **values: Any) -> Transaction:
        made = {"id": uuid4(), "type": "reward", "amount": 5, "created_at": self.moment()}
        return Transaction(user_id=user.id, **{**made, **values})

    def conversation(self, user: User, *, turns: int = 0) -> Conversation:
        # MongoDB keeps milliseconds.
        moment = BEGINNING + timedelta(milliseconds=self.random.randrange(4))
        return Conversation(
            id=uuid4(),
            user_id=user.id,
            model="claude",
            title="A question",
            messages=[message(moment) for _ in range(turns)],
            tokens=0,
            cost=Decimal(0),
            timestamp=moment,
        )


def message(moment: datetime) -> Message:
    return Message(id=new_id(), role=MessageRole.USER, content="", tokens=1, timestamp=moment)
