"""Two equal worlds: each side has its own, so that a mutation meets the same state on both.

A seeded world is the same for the same number and moment, ids included; what the corpus speaks of
is found in it by name.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from cli.migrate import migrate_database
from core.ids import encode_id
from core.settings import StoreAddresses
from core.stores import open_stores
from dev.seed import DEMO_PASSWORD, Size, seed
from dev.seed.people import SELLER
from dev.seed.plan import PLANS
from dev.seed.rows import EnrolmentRow, OrderRow, ReviewRow, UserRow
from dev.seed.world import World, invent_world
from models.documents import DOCUMENTS
from models.tables import Adjustment, ListingState, Payment, PaymentReturn, Plan, Role, Service
from services.auth.passwords import Passwords
from services.ledger.recipes import LISTING_FEE_AZR
from services.plans import RULES
from tests.servers import addresses_of_worker

Row = TypeVar("Row")
NUMBER = 7
# The databases of workers that no test run has, so that no other test meets these worlds.
TWIN_WORKERS = ("gw6", "gw7")


# A payment, and what was taken back of it.
PAID, SHORTFALL = UUID(int=1), UUID(int=2)
ADJUSTMENTS = {
    name: UUID(int=number)
    for number, name in enumerate(
        ("mint", "own_mint", "unwanted_mint", "large_mint", "burn", "large_burn", "settlement"),
        start=1,
    )
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks."""

    key: UUID
    roles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Extra:
    """A listing that the seeded world does not have."""

    name: str
    id: UUID
    provider_id: UUID
    state: ListingState

    def service(self, now: datetime) -> Service:
        return Service(
            id=self.id,
            name=f"Extra: {self.name}",
            category="Design",
            price_azr=Decimal(40),
            provider_id=self.provider_id,
            state=self.state.value,
            is_active=self.state is ListingState.PUBLISHED,
            is_held=self.state is ListingState.PAUSED,
            created_at=now,
            updated_at=now,
        )


@dataclass(frozen=True, slots=True)
class Cast:
    """Who asks, and what is asked about, by the names that the corpus uses."""

    people: Mapping[str, Person]
    names: Mapping[str, str]


def empty_twins(addresses: StoreAddresses) -> tuple[StoreAddresses, ...]:
    """Two more sets of databases on the servers of `addresses`, migrated and empty."""
    twins = tuple(addresses_of_worker(asdict(addresses), worker) for worker in TWIN_WORKERS)
    for twin in twins:
        migrate_database(twin.database_url)
    return twins


async def seed_twins(twins: Sequence[StoreAddresses], now: datetime) -> Cast:
    """Fill each of `twins` with the world of `now`. Leaves the documents bound to the last."""
    passwords = Passwords()
    try:
        password_hash = passwords.hash_now(DEMO_PASSWORD)
    finally:
        passwords.close()
    plan = PLANS[Size.SMALL]
    cast = _cast_of(invent_world(plan, number=NUMBER, now=now, password_hash=password_hash))
    for twin in twins:
        await _seed(twin, now, password_hash, cast)
    return cast


async def _seed(addresses: StoreAddresses, now: datetime, password_hash: str, cast: Cast) -> None:
    stores = await open_stores(addresses, pool_size=1, documents=DOCUMENTS)
    try:
        await seed(
            stores.database,
            stores.mongo,
            size=Size.SMALL,
            number=NUMBER,
            now=now,
            hash_password=lambda _: password_hash,
        )
        async with stores.database.transaction() as session:
            session.add(_payment(cast, now))
            await session.flush()
            session.add(_shortfall(now))
            await session.flush()
            session.add_all(_adjustments(cast, now))
            session.add_all(each.service(now) for each in extra_listings(cast.people))
    finally:
        await stores.close()


def _adjustments(cast: Cast, now: datetime) -> list[Adjustment]:
    """Changes of the owner's wallet that somebody has proposed, for an admin to decide on."""
    keys = {name: person.key for name, person in cast.people.items()}
    return [
        Adjustment(
            id=ADJUSTMENTS[name],
            user_id=keys["owner"],
            kind=kind,
            amount=Decimal(amount),
            return_id=SHORTFALL if name == "settlement" else None,
            reason="To have something to decide on.",
            proposer_id=keys["admin" if name == "own_mint" else "stranger"],
            idempotency_key=f"world-{name}",
            created_at=now,
        )
        for name, kind, amount in (
            ("mint", "mint", 5),
            ("own_mint", "mint", 5),
            ("unwanted_mint", "mint", 5),
            ("large_mint", "mint", 9_999_999_999),
            ("burn", "burn", 1),
            ("large_burn", "burn", 9_000_000),
            ("settlement", "write_off", 6),
        )
    ]


def _payment(cast: Cast, now: datetime) -> Payment:
    return Payment(
        id=PAID,
        user_id=cast.people["owner"].key,
        purpose="tokens",
        provider="local",
        state="refunded",
        amount_cents=25,
        returned_cents=25,
        amount_azr=Decimal(5),
        idempotency_key="world-payment",
        request_hash=bytes(32),
        created_at=now,
        checked_at=now,
    )


def _shortfall(now: datetime) -> PaymentReturn:
    """What the owner had spent of the payment. One proposal would settle more than that."""
    return PaymentReturn(
        id=SHORTFALL,
        payment_id=PAID,
        reference="world-return",
        state="taken",
        is_dispute=False,
        has_frozen=False,
        amount_cents=25,
        amount_azr=Decimal(5),
        shortfall_azr=Decimal(5),
        created_at=now,
    )


def _cast_of(world: World) -> Cast:
    """The owner has some of everything; the stranger has reviewed one of the owner's services."""
    users = {user.id: user for user in world.users}
    enrolment = _owned_enrolment(world)
    owner = users[enrolment.user_id]
    review = _received_review(world, owner)
    people = {
        "owner": owner,
        "stranger": users[review.author_id],
        "admin": _first(world.users, lambda each: Role.ADMIN in each.roles),
        **_traders(world, owner),
        "shopkeeper": _first(world.users, lambda each: each.email == SELLER.email),
        "newcomer": _first(world.users, lambda each: each.azr_balance < LISTING_FEE_AZR),
    }
    names = {
        **{name: encode_id("usr", user.id) for name, user in people.items()},
        "owner_email": owner.email,
        "owner_handle": owner.handle,
        "stranger_handle": people["stranger"].handle,
        **{name: encode_id("adj", id_) for name, id_ in ADJUSTMENTS.items()},
        "shortfall": encode_id("sho", SHORTFALL),
        "password": DEMO_PASSWORD,
        **_marketplace_names(world, review),
        **_learning_names(world, enrolment),
        **_private_names(world, owner),
        **{name: encode_id("ord", order.id) for name, order in _orders(world, owner).items()},
    }
    persons = {name: Person(user.id, user.roles) for name, user in people.items()}
    extras = {each.name: encode_id("svc", each.id) for each in extra_listings(persons)}
    return Cast(persons, {**names, **extras})


def extra_listings(people: Mapping[str, Person]) -> list[Extra]:
    """Drafts to publish, offers to pause and to resume, and an admin whose free plan is used up."""
    limit = RULES[Plan.FREE].listings_max
    drafts = (
        ("draft", "shopkeeper"),
        ("other_draft", "shopkeeper"),
        ("live_draft", "shopkeeper"),
        ("unpaid_draft", "newcomer"),
        ("surplus_draft", "admin"),
    )
    wanted = [(name, whose, ListingState.DRAFT) for name, whose in drafts]
    wanted.append(("offer", "shopkeeper", ListingState.PUBLISHED))
    wanted.append(("held_offer", "shopkeeper", ListingState.PAUSED))
    wanted += [(f"admin_offer_{each}", "admin", ListingState.PUBLISHED) for each in range(limit)]
    return [
        Extra(name, UUID(int=place), people[whose].key, state)
        for place, (name, whose, state) in enumerate(wanted, start=1)
    ]


def _orders(world: World, owner: UserRow) -> dict[str, OrderRow]:
    """One that the owner works on, and two that wait for their sellers."""
    accepted = _first(
        world.orders, lambda each: (each.seller_id, each.state) == (owner.id, "accepted")
    )
    paid, other_paid, *_ = (each for each in world.orders if each.state == "paid")
    return {"accepted_order": accepted, "paid_order": paid, "other_paid_order": other_paid}


def _traders(world: World, owner: UserRow) -> dict[str, UserRow]:
    """The buyers and sellers of `_orders`."""
    orders = _orders(world, owner)
    ids = {
        "customer": orders["accepted_order"].buyer_id,
        "buyer": orders["paid_order"].buyer_id,
        "seller": orders["paid_order"].seller_id,
        "other_seller": orders["other_paid_order"].seller_id,
    }
    users = {user.id: user for user in world.users}
    return {name: users[id_] for name, id_ in ids.items()}


def _owned_enrolment(world: World) -> EnrolmentRow:
    """In the middle of a course, of somebody who sells, learns and talks with models."""
    talkers = {each.user_id for each in world.conversations}
    services = Counter(each.provider_id for each in world.services if each.is_active)
    courses = Counter(each.user_id for each in world.enrolments)
    begun = {each.enrolment_id for each in world.lesson_progress}

    def is_wanted(each: EnrolmentRow) -> bool:
        has_lists = (
            each.user_id in talkers and min(services[each.user_id], courses[each.user_id]) > 1
        )
        return has_lists and each.id in begun and each.completed_at is None

    return _first(world.enrolments, is_wanted)


def _received_review(world: World, owner: UserRow) -> ReviewRow:
    """Of a service of `owner`, by somebody who offers none."""
    own = {each.id for each in world.services if each.provider_id == owner.id and each.is_active}
    sellers = {each.provider_id for each in world.services}
    return _first(
        world.reviews, lambda each: each.service_id in own and each.author_id not in sellers
    )


def _marketplace_names(world: World, review: ReviewRow) -> dict[str, str]:
    service = _first(world.services, lambda each: each.id == review.service_id)
    foreign = [each for each in world.services if each.provider_id != service.provider_id]
    reviewed = {each.service_id for each in world.reviews if each.author_id == review.author_id}
    found = {
        "service": service,
        "other_service": _first(foreign, lambda each: each.is_active and each.id not in reviewed),
        "inactive_service": _first(world.services, lambda each: not each.is_active),
        "paused_service": _first(world.services, lambda each: each.state == "paused"),
        "closed_service": _first(world.services, lambda each: each.state == "closed"),
        "unpriced_service": _first(world.services, lambda each: each.price_azr is None),
    }
    names = {name: encode_id("svc", each.id) for name, each in found.items()}
    return {**names, "review": encode_id("rev", review.id), "category": service.category}


def _learning_names(world: World, enrolment: EnrolmentRow) -> dict[str, str]:
    taken = {each.course_id for each in world.enrolments if each.user_id == enrolment.user_id}
    done = {each.lesson_id for each in world.lesson_progress if each.enrolment_id == enrolment.id}
    courses = {each.id: each for each in world.courses}
    untaken = _first(world.courses, lambda each: each.is_published and each.id not in taken)
    unpublished = _first(world.courses, lambda each: not each.is_published)
    own = [each for each in world.lessons if each.course_id == enrolment.course_id]
    lessons = {
        "lesson": _first(own, lambda each: each.id in done),
        "next_lesson": _first(own, lambda each: each.id not in done),
        "untaken_lesson": _first(world.lessons, lambda each: each.course_id == untaken.id),
    }
    return {
        **{name: encode_id("les", each.id) for name, each in lessons.items()},
        "course": encode_id("crs", enrolment.course_id),
        "untaken_course": encode_id("crs", untaken.id),
        "unpublished_course": encode_id("crs", unpublished.id),
        "enrolment": encode_id("enr", enrolment.id),
        "instructor": encode_id("usr", courses[enrolment.course_id].instructor_id),
        "subject": courses[enrolment.course_id].subject,
    }


def _private_names(world: World, owner: UserRow) -> dict[str, str]:
    transaction = _first(world.transactions, lambda each: each.user_id == owner.id)
    conversation = _first(world.conversations, lambda each: each.user_id == owner.id)
    return {
        "transaction": encode_id("txn", transaction.id),
        "conversation": encode_id("cnv", conversation.id),
        "message": encode_id("msg", conversation.messages[0].id),
    }


def _first(rows: Sequence[Row], is_wanted: Callable[[Row], bool]) -> Row:
    """The first wanted row. Fails when the seeded world has no such row any more."""
    found = next((row for row in rows if is_wanted(row)), None)
    assert found is not None, f"No {type(rows[0]).__name__} of the seeded world fits"
    return found
