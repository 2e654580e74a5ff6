"""Makes rows and documents for tests. What a test does not care about is filled in."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import select, text
from sqlmodel import col

from core.database import WriteSession
from core.ids import new_id
from core.stores import Stores
from models.base import metadata
from models.documents import DOCUMENTS, Conversation, Message, MessageRole
from models.tables import (
    AccountKind,
    Adjustment,
    AuditEvent,
    BuyerRating,
    Course,
    Enrolment,
    Lesson,
    LessonProgress,
    Order,
    OrderEvent,
    OrderEvidence,
    OrderState,
    Payment,
    PaymentReturn,
    PostingKind,
    Review,
    Role,
    Service,
    Subscription,
    TokenPrice,
    Transaction,
    User,
)
from services.auth.viewer import Viewer
from services.ledger import Key, Reference, carry_out, commission_of, post, take_back
from services.ledger.recipes import Leg, Recipe
from services.marketplace.orders.states import DEADLINES, PLACING

PAST = timedelta(seconds=3)


class Make:
    """Each method writes one thing and answers with it. Later things are newer."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self._numbers = count(1)
        self._session: WriteSession | None = None

    @asynccontextmanager
    async def together(self) -> AsyncGenerator[None]:
        """Write what is made in the block in one transaction: quicker, and seen by nobody before.

        Balances are opened before it.
        """
        async with self.stores.database.transaction() as self._session:
            yield
        self._session = None

    async def user(self, *roles: Role, azr_balance: Decimal | int = 0, **values: Any) -> User:
        number = next(self._numbers)
        defaults = {
            "email": f"person{number}@example.com",
            "password_hash": "none",
            "full_name": f"Person {number}",
            "handle": f"person_{number}",
            "roles": [Role.LEARNER.value, *(role.value for role in roles)],
            **self._dated("created_at", "updated_at"),
        }
        user = await self._added(User(**{**defaults, **values}))
        return await self.azr(user, azr_balance) if azr_balance else user

    async def azr(self, user: User, amount: Decimal | int) -> User:
        """Let a person have had AZR before the ledger: their statement says nothing of it."""
        legs = (
            Leg(AccountKind.MINT, -Decimal(amount)),
            Leg(AccountKind.WALLET, Decimal(amount), user.id),
        )
        recipe, key = Recipe(PostingKind.OPENING, legs), Key("tests", new_id().hex)
        await carry_out(self.stores.database, lambda session: post(session, recipe, key=key))
        async with self.stores.database.read() as session:
            return await session.get_one(User, user.id)

    async def service(self, provider: User, *, state: str = "published", **values: Any) -> Service:
        number = next(self._numbers)
        defaults = {
            "name": f"Service {number}",
            "category": "Design",
            "description": "A sentence about it.",
            "price_azr": Decimal(number),
            "provider_id": provider.id,
            "state": state,
            "is_active": state == "published",
            **self._dated("created_at", "updated_at"),
        }
        return await self._added(Service(**{**defaults, **values}))

    async def order(
        self, service: Service, buyer: User, state: OrderState = OrderState.PAID, **values: Any
    ) -> Order:
        """An order as it looks in a state. Its AZR is not in the ledger."""
        price, moment = service.price_azr or Decimal(10), self._moment()
        deadline = DEADLINES.get(state)
        defaults = {
            "buyer_id": buyer.id,
            "seller_id": service.provider_id,
            "service_id": service.id,
            "service_name": service.name,
            "price_azr": price,
            "commission_azr": commission_of(price),
            "state": state.value,
            "version": len(PLACING),
            "deadline_at": None if deadline is None else moment + deadline.after,
            "paid_out_at": moment if state is OrderState.COMPLETED else None,
            "created_at": moment,
            "updated_at": moment,
        }
        order = await self._added(Order(**{**defaults, **values}))
        for position, step in enumerate(PLACING, start=1):
            event = OrderEvent(
                order_id=order.id,
                position=position,
                action=step.action.value,
                party=step.party.value,
                actor_id=buyer.id,
                from_state=step.from_state,
                to_state=step.to_state.value,
                created_at=moment,
            )
            await self._added(event)
        return order

    async def evidence(self, order: Order, author: User) -> OrderEvidence:
        return await self._added(
            OrderEvidence(
                order_id=order.id, author_id=author.id, text="A text.", **self._dated("created_at")
            )
        )

    async def review(
        self, service: Service, author: User, rating: int = 4, **values: Any
    ) -> Review:
        """A review of a service that is shown, and counted."""
        review = await self._added(
            Review(
                service_id=service.id,
                author_id=author.id,
                rating=rating,
                comment="Well done.",
                **{**self._dated("created_at", "shown_at"), **values},
            )
        )
        async with self._writing() as session:
            stored = await session.get_one(Service, service.id)
            stored.review_count += 1
            stored.rating_total += rating
        return review

    async def review_of_buyer(self, order: Order, rating: int = 4) -> Review:
        """What the seller says of the buyer, shown and counted."""
        review = await self._added(
            Review(
                order_id=order.id,
                service_id=order.service_id,
                author_id=order.seller_id,
                buyer_id=order.buyer_id,
                rating=rating,
                comment="Paid at once.",
                **self._dated("created_at", "shown_at"),
            )
        )
        await self._added(BuyerRating(user_id=order.buyer_id, review_count=1, rating_total=rating))
        return review

    async def course(self, instructor: User, *, lessons: int = 3, **values: Any) -> Course:
        number = next(self._numbers)
        defaults = {
            "title": f"Course {number}",
            "description": "What it teaches.",
            "subject": "Programming",
            "level": "beginner",
            "language": "en",
            "instructor_id": instructor.id,
            "is_published": True,
            **self._dated("created_at", "updated_at"),
        }
        course = await self._added(Course(**{**defaults, **values}))
        for position in range(1, lessons + 1):
            await self._added(
                Lesson(
                    course_id=course.id,
                    position=position,
                    title=f"Lesson {position}",
                    body=f"# Lesson {position}",
                    duration_minutes=10,
                )
            )
        return course

    async def lessons(self, course: Course) -> list[Lesson]:
        """The lessons that `course` has, in their order."""
        statement = select(Lesson).where(col(Lesson.course_id) == course.id)
        async with self._writing() as session:
            found = await session.scalars(statement.order_by(col(Lesson.position)))
            return list(found)

    async def enrolment(self, user: User, course: Course, **values: Any) -> Enrolment:
        defaults = {"user_id": user.id, "course_id": course.id, **self._dated("created_at")}
        return await self._added(Enrolment(**{**defaults, **values}))

    async def progress(self, enrolment: Enrolment, lesson: Lesson) -> LessonProgress:
        return await self._added(
            LessonProgress(
                enrolment_id=enrolment.id, lesson_id=lesson.id, **self._dated("completed_at")
            )
        )

    async def transaction(self, user: User, **values: Any) -> Transaction:
        defaults = {
            "user_id": user.id,
            "type": "reward",
            "amount": Decimal(5),
            "status": "completed",
            **self._dated("created_at"),
        }
        return await self._added(Transaction(**{**defaults, **values}))

    async def token_price(self, usd: str) -> TokenPrice:
        return await self._added(TokenPrice(usd=Decimal(usd), **self._dated("posted_at")))

    async def adjustment(self, user: User, proposer: User, **values: Any) -> Adjustment:
        defaults = {
            "user_id": user.id,
            "kind": "mint",
            "amount": Decimal(5),
            "reason": "A gift.",
            "proposer_id": proposer.id,
            "idempotency_key": new_id().hex,
            **self._dated("created_at"),
        }
        return await self._added(Adjustment(**{**defaults, **values}))

    async def audit_event(self, actor: User, subject: User) -> AuditEvent:
        return await self._added(
            AuditEvent(
                actor_id=actor.id,
                action="wallet_frozen",
                subject_kind="usr",
                subject_id=subject.id,
                facts={"reason": "Why."},
                request_id="test",
                **self._dated("created_at"),
            )
        )

    async def payment(self, user: User, **values: Any) -> Payment:
        defaults = {
            "user_id": user.id,
            "purpose": "tokens",
            "provider": "local",
            "amount_cents": 200,
            "amount_azr": Decimal(40),
            "idempotency_key": new_id().hex,
            "request_hash": bytes(32),
            **self._dated("created_at", "checked_at"),
        }
        return await self._added(Payment(**{**defaults, **values}))

    async def shortfall(self, payment: Payment, azr: Decimal | int = 5) -> PaymentReturn:
        """All of a payment's money was taken back, and `azr` of it nobody had any more."""
        taken = PaymentReturn(
            payment_id=payment.id,
            reference=new_id().hex,
            state="taken",
            is_dispute=False,
            has_frozen=False,
            amount_cents=payment.amount_cents,
            amount_azr=Decimal(azr),
            shortfall_azr=Decimal(azr),
            **self._dated("created_at"),
        )
        recipe = take_back(
            user_id=payment.user_id,
            amount_azr=Decimal(0),
            shortfall_azr=Decimal(azr),
            reference=Reference("payment_return", taken.id),
        )
        key = Key("tests", new_id().hex)
        await carry_out(self.stores.database, lambda session: post(session, recipe, key=key))
        return await self._added(taken)

    async def subscription(self, user: User, **values: Any) -> Subscription:
        begins = self._moment()
        defaults = {
            "user_id": user.id,
            "plan": "student",
            "pay_with": "azr",
            "state": "active",
            "starts_at": begins,
            "ends_at": begins + timedelta(days=30),
            "day_of_month": 1,
            "due_at": begins + timedelta(days=30),
            **self._dated("created_at"),
        }
        return await self._added(Subscription(**{**defaults, **values}))

    async def conversation(self, user: User, *, turns: int = 2, **values: Any) -> Conversation:
        began = self._moment()
        messages = [
            Message(
                role=MessageRole.USER if turn % 2 == 0 else MessageRole.ASSISTANT,
                content=f"Turn {turn}",
                tokens=10,
                timestamp=began,
            )
            for turn in range(turns)
        ]
        defaults = {
            "id": new_id(),
            "user_id": user.id,
            "model": "claude",
            "title": "A question",
            "messages": messages,
            "tokens": 10 * turns,
            "cost": Decimal("0.0012"),
            "timestamp": began,
        }
        return await Conversation(**{**defaults, **values}).insert()

    async def contents(self) -> dict[str, list[Any]]:
        """Everything that is stored, by table and collection: equal when nothing changed."""
        stored: dict[str, list[Any]] = {}
        async with self.stores.database.read() as session:
            for table in metadata.sorted_tables:
                rows = await session.execute(table.select())
                stored[table.name] = sorted(tuple(row) for row in rows)
            jobs = text("SELECT id, task_name, status, args::text FROM procrastinate_jobs")
            stored["jobs"] = sorted(tuple(row) for row in await session.execute(jobs))
        for document in DOCUMENTS:
            collection = document.get_pymongo_collection()
            stored[collection.name] = await collection.find().sort("_id").to_list()
        return stored

    def viewer(self, user: User) -> Viewer:
        """`user`, signed in."""
        return Viewer(user_id=user.id, session_id=new_id(), roles=frozenset(user.roles))

    def _dated(self, *names: str) -> dict[str, Any]:
        return dict.fromkeys(names, self._moment())

    def _moment(self) -> datetime:
        """A time before now, so that what the code under test writes is newer still."""
        return self.stores.clock() - PAST + timedelta(milliseconds=next(self._numbers))

    async def _added(self, row: Any) -> Any:
        async with self._writing() as session:
            session.add(row)
            await session.flush()
        return row

    @asynccontextmanager
    async def _writing(self) -> AsyncGenerator[WriteSession]:
        if self._session is not None:
            yield self._session
            return
        async with self.stores.database.transaction() as session:
            yield session
