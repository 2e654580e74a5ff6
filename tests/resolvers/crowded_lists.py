"""Lists of many rows with few sort keys among them, as resolvers answer them.

A crowd has 48 rows over all its lists: less than the largest page, and more than two usual ones.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core.ids import new_id
from models.documents import Conversation
from models.tables import OrderState, TransactionStatus, User
from resolvers.ai.queries import (
    conversations_of_users,
    conversations_page,
    messages_of_conversations,
)
from resolvers.context import Context
from resolvers.keyset import Page, Slice
from resolvers.learning.courses import CourseFilter, CourseSort, courses_page, lessons_of_courses
from resolvers.learning.enrolments import enrolments_of_users
from resolvers.marketplace.catalogue import NO_FILTER, ServiceSort, services_page
from resolvers.marketplace.orders import (
    OrderRole,
    evidence_of_orders,
    history_of_orders,
    orders_of_people,
)
from resolvers.marketplace.queries import services_of_providers
from resolvers.marketplace.reviews import reviews_of_buyers, reviews_of_services
from resolvers.marketplace.sales import payouts_of_sellers
from resolvers.tokens.payments import payments_of_users
from resolvers.tokens.queries import TransactionFilter, transactions_of_users, transactions_page
from resolvers.users.queries import UserFilter, users_page
from services.auth.viewer import Viewer
from tests.resolvers.crowds import BEGINNING, PRICE_MAX, Crowds, message

CROWD = 48

Add = Callable[[], Awaitable[Any]]
Read = Callable[[Context, Page], Awaitable[Sequence[Slice[Any]]]]


@dataclass
class Lists:
    """The lists of some parents, or one root list, and all their rows."""

    rows: list[Any]
    read: Read
    add: Add
    """Adds a row to the first list, anywhere in its order."""
    key: Callable[[Any], tuple[Any, ...]]
    is_descending: bool = True
    parents: Sequence[Any] = (None,)
    parent_of: Callable[[Any], Any] = lambda _: None

    def ordered(self) -> list[Any]:
        """All rows in the order of the lists."""
        return sorted(self.rows, key=self.key, reverse=self.is_descending)


def newest(row: Any) -> tuple[Any, ...]:
    return row.created_at, row.id


def shares(*counts: int) -> list[int]:
    """The number of the list that each row of a crowd belongs to."""
    assert sum(counts) == CROWD
    return [number for number, size in enumerate(counts) for _ in range(size)]


def root(read: Callable[[Context, Page], Awaitable[Slice[Any]]]) -> Read:
    """A root list as the list of one parent."""

    async def read_one(context: Context, page: Page) -> list[Slice[Any]]:
        return [await read(context, page)]

    return read_one


def own(read: Callable[[Context, Page], Awaitable[Slice[Any]]], user: User) -> Read:
    """A root list of what `user` owns, read by `user`."""

    async def read_own(context: Context, page: Page) -> list[Slice[Any]]:
        context.viewer = Viewer(user_id=user.id, session_id=new_id(), roles=frozenset())
        return [await read(context, page)]

    return read_own


def of_parents(
    read: Callable[..., Awaitable[Sequence[Slice[Any]]]], parents: Sequence[Any]
) -> Read:
    """The lists of several parents, read together."""

    async def read_all(context: Context, page: Page) -> Sequence[Slice[Any]]:
        return await read(context, parents, page)

    return read_all


async def users(crowds: Crowds) -> Lists:
    rows = [crowds.user() for _ in range(CROWD)]
    await crowds.save(*rows)

    async def read(context: Context, page: Page) -> Slice[Any]:
        return await users_page(context, page, UserFilter())

    return Lists(rows, root(read), lambda: crowds.save(crowds.user()), newest)


def services(sort: ServiceSort, key: Callable[[Any], Any], *, is_descending: bool) -> "Build":
    async def build(crowds: Crowds) -> Lists:
        provider = crowds.user()
        rows = [crowds.service(provider) for _ in range(CROWD)]
        hidden = [crowds.service(provider, is_active=False, state="paused") for _ in range(5)]
        await crowds.save(provider, *rows, *hidden)

        async def read(context: Context, page: Page) -> Slice[Any]:
            return await services_page(context, page, NO_FILTER, sort)

        return Lists(
            rows,
            root(read),
            lambda: crowds.save(crowds.service(provider)),
            lambda row: (key(row), row.id),
            is_descending,
        )

    return build


def courses(sort: CourseSort, key: Callable[[Any], Any], *, is_descending: bool) -> "Build":
    async def build(crowds: Crowds) -> Lists:
        instructor = crowds.user()
        rows = [crowds.course(instructor) for _ in range(CROWD)]
        hidden = [crowds.course(instructor, is_published=False) for _ in range(5)]
        await crowds.save(instructor, *rows, *hidden)

        async def read(context: Context, page: Page) -> Slice[Any]:
            return await courses_page(context, page, CourseFilter(), sort)

        return Lists(
            rows,
            root(read),
            lambda: crowds.save(crowds.course(instructor)),
            lambda row: (key(row), row.id),
            is_descending,
        )

    return build


async def own_transactions(crowds: Crowds) -> Lists:
    owner, other = crowds.user(), crowds.user()
    rows = [crowds.transaction(owner, status="completed") for _ in range(CROWD)]
    failed = [crowds.transaction(owner, status="failed") for _ in range(5)]
    await crowds.save(owner, other, crowds.transaction(other, status="completed"), *rows, *failed)

    async def read(context: Context, page: Page) -> Slice[Any]:
        wanted = TransactionFilter(status=TransactionStatus.COMPLETED)
        return await transactions_page(context, page, wanted)

    async def add() -> None:
        await crowds.save(crowds.transaction(owner, status="completed"))

    return Lists(rows, own(read, owner), add, newest)


async def transactions_by_user(crowds: Crowds) -> Lists:
    owners = [crowds.user() for _ in range(4)]
    rows = [crowds.transaction(owners[number]) for number in shares(30, 17, 1)]
    await crowds.save(*owners, *rows)
    ids = [owner.id for owner in owners]
    return Lists(
        rows,
        of_parents(transactions_of_users, ids),
        lambda: crowds.save(crowds.transaction(owners[0])),
        newest,
        parents=ids,
        parent_of=lambda row: row.user_id,
    )


async def payments_by_user(crowds: Crowds) -> Lists:
    owners = [crowds.user() for _ in range(4)]
    rows = [crowds.payment(owners[number]) for number in shares(30, 17, 1)]
    await crowds.save(*owners, *rows)
    ids = [owner.id for owner in owners]
    return Lists(
        rows,
        of_parents(payments_of_users, ids),
        lambda: crowds.save(crowds.payment(owners[0])),
        newest,
        parents=ids,
        parent_of=lambda row: row.user_id,
    )


async def services_by_provider(crowds: Crowds) -> Lists:
    providers = [crowds.user() for _ in range(4)]
    rows = [crowds.service(providers[number]) for number in shares(30, 17, 1)]
    hidden = [crowds.service(providers[0], is_active=False, state="paused") for _ in range(5)]
    await crowds.save(*providers, *rows, *hidden)
    ids = [provider.id for provider in providers]
    return Lists(
        rows,
        of_parents(services_of_providers, ids),
        lambda: crowds.save(crowds.service(providers[0])),
        newest,
        parents=ids,
        parent_of=lambda row: row.provider_id,
    )


async def reviews_by_service(crowds: Crowds) -> Lists:
    provider, *authors = (crowds.user() for _ in range(CROWD + 1))
    sold = [crowds.service(provider) for _ in range(4)]
    rows = [
        crowds.review(sold[number], author)
        for number, author in zip(shares(30, 17, 1), authors, strict=True)
    ]
    await crowds.save(provider, *authors, *sold, *rows)

    async def add() -> None:
        author = crowds.user()
        await crowds.save(author, crowds.review(sold[0], author))

    return Lists(
        rows,
        of_parents(reviews_of_services, [service.id for service in sold]),
        add,
        newest,
        parents=[service.id for service in sold],
        parent_of=lambda row: row.service_id,
    )


async def reviews_by_buyer(crowds: Crowds) -> Lists:
    seller, *buyers = (crowds.user() for _ in range(5))
    service = crowds.service(seller)

    def reviewed(buyer: User) -> Any:
        return crowds.review(service, seller, buyer_id=buyer.id)

    rows = [reviewed(buyers[number]) for number in shares(30, 17, 1)]
    hidden = crowds.review(service, seller, buyer_id=buyers[0].id, shown_at=None, due_at=BEGINNING)
    await crowds.save(seller, *buyers, service, hidden, crowds.review(service, buyers[0]), *rows)
    ids = [buyer.id for buyer in buyers]
    return Lists(
        rows,
        of_parents(reviews_of_buyers, ids),
        lambda: crowds.save(reviewed(buyers[0])),
        newest,
        parents=ids,
        parent_of=lambda row: row.buyer_id,
    )


async def orders_by_buyer(crowds: Crowds) -> Lists:
    seller, *buyers = (crowds.user() for _ in range(5))
    service = crowds.service(seller)
    rows = [crowds.order(service, buyers[number]) for number in shares(30, 17, 1)]
    expired = [crowds.order(service, buyers[0], state="expired") for _ in range(5)]
    await crowds.save(seller, *buyers, service, *rows, *expired)
    ids = [buyer.id for buyer in buyers]

    async def read(context: Context, parents: Sequence[Any], page: Page) -> Sequence[Slice[Any]]:
        return await orders_of_people(context, parents, OrderRole.BUYER, OrderState.COMPLETED, page)

    return Lists(
        rows,
        of_parents(read, ids),
        lambda: crowds.save(crowds.order(service, buyers[0])),
        newest,
        parents=ids,
        parent_of=lambda row: row.buyer_id,
    )


async def payouts_by_seller(crowds: Crowds) -> Lists:
    buyer, *sellers = (crowds.user() for _ in range(5))
    services = [crowds.service(seller) for seller in sellers]
    rows = [
        crowds.order(services[number], buyer, paid_out_at=crowds.moment())
        for number in shares(30, 17, 1)
    ]
    await crowds.save(buyer, *sellers, *services, crowds.order(services[0], buyer), *rows)
    ids = [seller.id for seller in sellers]

    async def add() -> None:
        await crowds.save(crowds.order(services[0], buyer, paid_out_at=crowds.moment()))

    return Lists(
        rows,
        of_parents(payouts_of_sellers, ids),
        add,
        lambda row: (row.paid_out_at, row.id),
        parents=ids,
        parent_of=lambda row: row.seller_id,
    )


async def history_by_order(crowds: Crowds) -> Lists:
    seller, buyer = crowds.user(), crowds.user()
    service = crowds.service(seller)
    orders = [crowds.order(service, buyer) for _ in range(4)]
    positions = dict.fromkeys(range(4), 0)
    rows = []
    for number in shares(30, 17, 1):
        positions[number] += 1
        rows.append(crowds.event(orders[number], positions[number]))
    await crowds.save(seller, buyer, service, *orders, *rows)

    async def add() -> None:
        positions[0] += 1
        await crowds.save(crowds.event(orders[0], positions[0]))

    ids = [order.id for order in orders]
    return Lists(
        rows,
        of_parents(history_of_orders, ids),
        add,
        lambda row: (row.position, row.id),
        is_descending=False,
        parents=ids,
        parent_of=lambda row: row.order_id,
    )


async def evidence_by_order(crowds: Crowds) -> Lists:
    seller, buyer = crowds.user(), crowds.user()
    service = crowds.service(seller)
    orders = [crowds.order(service, buyer) for _ in range(4)]
    rows = [crowds.evidence(orders[number]) for number in shares(30, 17, 1)]
    await crowds.save(seller, buyer, service, *orders, *rows)
    ids = [order.id for order in orders]
    return Lists(
        rows,
        of_parents(evidence_of_orders, ids),
        lambda: crowds.save(crowds.evidence(orders[0])),
        newest,
        is_descending=False,
        parents=ids,
        parent_of=lambda row: row.order_id,
    )


async def lessons_by_course(crowds: Crowds) -> Lists:
    instructor = crowds.user()
    taught = [crowds.course(instructor) for _ in range(4)]
    positions = dict.fromkeys(range(4), 0)
    rows = []
    for number in shares(30, 17, 1):
        positions[number] += 1
        rows.append(crowds.lesson(taught[number], positions[number]))
    await crowds.save(instructor, *taught, *rows)

    async def add() -> None:
        positions[0] += 1
        await crowds.save(crowds.lesson(taught[0], positions[0]))

    return Lists(
        rows,
        of_parents(lessons_of_courses, [course.id for course in taught]),
        add,
        lambda row: (row.position, row.id),
        is_descending=False,
        parents=[course.id for course in taught],
        parent_of=lambda row: row.course_id,
    )


async def enrolments_by_user(crowds: Crowds) -> Lists:
    learners = [crowds.user() for _ in range(4)]
    taken = [crowds.course(learners[3]) for _ in range(CROWD)]
    rows = [
        crowds.enrolment(learners[number], course)
        for number, course in zip(shares(30, 17, 1), taken, strict=True)
    ]
    await crowds.save(*learners, *taken, *rows)

    async def add() -> None:
        course = crowds.course(learners[3])
        await crowds.save(course, crowds.enrolment(learners[0], course))

    ids = [learner.id for learner in learners]
    return Lists(
        rows,
        of_parents(enrolments_of_users, ids),
        add,
        newest,
        parents=ids,
        parent_of=lambda row: row.user_id,
    )


def asked_at(row: Any) -> tuple[Any, ...]:
    return row.timestamp, row.id


async def own_conversations(crowds: Crowds) -> Lists:
    owner, other = crowds.user(), crowds.user()
    rows = [crowds.conversation(owner) for _ in range(CROWD)]
    await Conversation.insert_many([*rows, crowds.conversation(other)])
    return Lists(
        rows, own(conversations_page, owner), lambda: crowds.conversation(owner).insert(), asked_at
    )


async def conversations_by_user(crowds: Crowds) -> Lists:
    owners = [crowds.user() for _ in range(4)]
    rows = [crowds.conversation(owners[number]) for number in shares(30, 17, 1)]
    await Conversation.insert_many(rows)
    ids = [owner.id for owner in owners]
    return Lists(
        rows,
        of_parents(conversations_of_users, ids),
        lambda: crowds.conversation(owners[0]).insert(),
        asked_at,
        parents=ids,
        parent_of=lambda row: row.user_id,
    )


async def messages(crowds: Crowds) -> Lists:
    """Of one conversation: a cursor of another one's would name a position in both."""
    talk = await crowds.conversation(crowds.user(), turns=CROWD).insert()
    places = {each.id: place for place, each in enumerate(talk.messages)}

    async def add() -> None:
        await talk.update({"$push": {"messages": message(BEGINNING).model_dump()}})

    return Lists(
        list(talk.messages),
        of_parents(messages_of_conversations, [talk.id]),
        add,
        lambda row: (places[row.id],),
        is_descending=False,
    )


def price(row: Any) -> Decimal:
    """Services without a price come behind the dearest."""
    return PRICE_MAX if row.price_azr is None else row.price_azr


def rating(row: Any) -> Decimal:
    if not row.review_count:
        return Decimal(0)
    average = Decimal(row.rating_total) / row.review_count
    return average.quantize(Decimal("0.01"), ROUND_HALF_UP)


Build = Callable[[Crowds], Awaitable[Lists]]
BUILD: Mapping[str, Build] = {
    "users": users,
    "services, newest": services(
        ServiceSort.NEWEST, lambda row: row.created_at, is_descending=True
    ),
    "services, cheapest": services(ServiceSort.PRICE_LOW_TO_HIGH, price, is_descending=False),
    "services, dearest": services(ServiceSort.PRICE_HIGH_TO_LOW, price, is_descending=True),
    "services, name": services(ServiceSort.NAME, lambda row: row.name, is_descending=False),
    "services, rating": services(ServiceSort.RATING, rating, is_descending=True),
    "courses, newest": courses(CourseSort.NEWEST, lambda row: row.created_at, is_descending=True),
    "courses, title": courses(CourseSort.TITLE, lambda row: row.title, is_descending=False),
    "own transactions": own_transactions,
    "own conversations": own_conversations,
    "messages": messages,
    "services of providers": services_by_provider,
    "reviews of services": reviews_by_service,
    "reviews of buyers": reviews_by_buyer,
    "orders of buyers": orders_by_buyer,
    "payouts of sellers": payouts_by_seller,
    "history of orders": history_by_order,
    "evidence of orders": evidence_by_order,
    "lessons of courses": lessons_by_course,
    "enrolments of users": enrolments_by_user,
    "transactions of users": transactions_by_user,
    "payments of users": payments_by_user,
    "conversations of users": conversations_by_user,
}
