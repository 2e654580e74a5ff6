"""A small world in which one person owns one of everything."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.ids import encode_id
from models.tables import OrderState, Payment, PayWith, Plan, ProviderName, Role, User
from services.auth.viewer import Viewer
from services.ledger import Key
from services.payments.checkouts import hash_of
from services.plans import RULES
from tests.factories import Make

PASSWORD = "a sentence that nobody guesses"
RECEIPT_CODE = "AZR-0123-4567-89AB"
PAUSED = RULES[Plan.STUDENT].listings_max - 1


@dataclass(frozen=True, slots=True)
class World:
    """The people, and the ids of everything by name."""

    owner: User
    stranger: User
    admin: User
    ids: Mapping[str, str]
    viewers: Mapping[str, Viewer]

    def document(self, way: str, fields: str) -> str:
        """The operation that asks `fields` along `way`."""
        return way % {**self.ids, "fields": fields}


async def make_world(make: Make, *, password_hash: str) -> World:
    """Make a person who owns one of everything, a stranger with some things, and an admin.

    `password_hash` is that of `PASSWORD`, which is the owner's.
    """
    owner = await make.user(
        password_hash=password_hash,
        azr_balance=Decimal("12.5"),
        preferences={"theme": "dark"},
    )
    async with make.together():
        return await _furnished(make, owner)


async def _furnished(make: Make, owner: User) -> World:
    """The world around its owner."""
    stranger, admin = await make.user(), await make.user(Role.ADMIN)
    service = await make.service(owner)
    other_service, new_service = await make.service(stranger), await make.service(stranger)
    draft = await make.service(owner, state="draft")
    # Together with the one on offer, as many as the free plan allows to be.
    paused = [await make.service(owner, state="paused") for _ in range(PAUSED)]
    held_service = await make.service(owner, state="paused", is_held=True)
    review = await make.review(service, stranger)
    own_review = await make.review(other_service, owner)
    buyer = await make.user(full_name="Ada", handle=None)
    closed_service = await make.service(stranger, state="closed")
    dear_service = await make.service(stranger, price_azr=Decimal(1000))
    order = await make.order(service, buyer)
    completed_order = await make.order(service, buyer, OrderState.COMPLETED)
    reviewed_order = await make.order(service, buyer, OrderState.COMPLETED)
    await make.review_of_buyer(reviewed_order)
    await make.review(service, buyer, order_id=reviewed_order.id)
    disputed_order = await make.order(service, buyer, OrderState.DISPUTED)
    await make.evidence(disputed_order, owner)
    course = await make.course(owner, lessons=2)
    lessons = await make.lessons(course)
    enrolment = await make.enrolment(owner, course)
    await make.progress(enrolment, lessons[0])
    untaken_course = await make.course(stranger, lessons=1)
    transaction = await make.transaction(
        owner, receipt_code=RECEIPT_CODE, counterparty_id=stranger.id, memo="Thank you"
    )
    conversation = await make.conversation(owner)
    await make.token_price("1")
    begun = await begin_plan(make, owner)
    shortfall = await make.shortfall(begun)
    adjustments = {
        "adjustment": await make.adjustment(owner, stranger),
        "other_adjustment": await make.adjustment(owner, stranger, amount=Decimal(1)),
        "own_adjustment": await make.adjustment(owner, admin),
        "large_mint": await make.adjustment(owner, stranger, amount=Decimal(9_999_999_999)),
        "large_burn": await make.adjustment(owner, stranger, kind="burn", amount=Decimal(100)),
        "settlement": await make.adjustment(
            owner, stranger, kind="recover", amount=Decimal(5), return_id=shortfall.id
        ),
        "large_settlement": await make.adjustment(
            owner, stranger, kind="write_off", amount=Decimal(6), return_id=shortfall.id
        ),
        "rejected_adjustment": await make.adjustment(
            owner,
            stranger,
            state="rejected",
            decider_id=admin.id,
            decided_at=transaction.created_at,
            rejection_reason="No.",
        ),
    }
    await make.audit_event(admin, owner)
    ids = {
        "owner": encode_id("usr", owner.id),
        "stranger": encode_id("usr", stranger.id),
        "admin": encode_id("usr", admin.id),
        "service": encode_id("svc", service.id),
        "other_service": encode_id("svc", other_service.id),
        "new_service": encode_id("svc", new_service.id),
        "held_service": encode_id("svc", held_service.id),
        "draft": encode_id("svc", draft.id),
        **{f"paused_{each}": encode_id("svc", one.id) for each, one in enumerate(paused)},
        "review": encode_id("rev", review.id),
        "own_review": encode_id("rev", own_review.id),
        "closed_service": encode_id("svc", closed_service.id),
        "dear_service": encode_id("svc", dear_service.id),
        "order": encode_id("ord", order.id),
        "completed_order": encode_id("ord", completed_order.id),
        "reviewed_order": encode_id("ord", reviewed_order.id),
        "disputed_order": encode_id("ord", disputed_order.id),
        "course": encode_id("crs", course.id),
        "untaken_course": encode_id("crs", untaken_course.id),
        "lesson": encode_id("les", lessons[0].id),
        "next_lesson": encode_id("les", lessons[1].id),
        "untaken_lesson": encode_id("les", (await make.lessons(untaken_course))[0].id),
        "enrolment": encode_id("enr", enrolment.id),
        "transaction": encode_id("txn", transaction.id),
        **{name: encode_id("adj", each.id) for name, each in adjustments.items()},
        "payment": encode_id("pay", begun.id),
        "shortfall": encode_id("sho", shortfall.id),
        "conversation": encode_id("cnv", conversation.id),
        "message": encode_id("msg", conversation.messages[0].id),
        "email": owner.email,
        "handle": str(owner.handle),
        "other_handle": str(stranger.handle),
    }
    viewers = {
        "anonymous": Viewer.ANONYMOUS,
        "stranger": make.viewer(stranger),
        "owner": make.viewer(owner),
        "admin": make.viewer(admin),
    }
    return World(owner, stranger, admin, ids, viewers)


async def begin_plan(make: Make, owner: User) -> Payment:
    """Let the owner have a plan that is past due and about to change.

    The key `begun-key` paid for it.
    """
    asked = {"plan": Plan.STUDENT, "payWith": PayWith.CARD, "provider": ProviderName.LOCAL}
    key = Key.of(owner.id, "subscribe", "begun-key", asked)
    payment = await make.payment(
        owner,
        purpose="plan",
        plan="student",
        state="paid",
        amount_azr=None,
        checkout_url="https://pay.example/1",
        idempotency_key=key.value,
        request_hash=hash_of(key),
    )
    now = make.stores.clock()
    await make.subscription(
        owner,
        state="past_due",
        pending_plan="professional",
        starts_at=now - timedelta(days=31),
        ends_at=now - timedelta(days=1),
    )
    return payment


def shown_time(moment: datetime) -> str:
    """A time as clients see it."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def found(data: Any, name: str) -> list[Any]:
    """Every value under the key `name` within an answer's data."""
    if isinstance(data, list):
        return [value for item in data for value in found(item, name)]
    if not isinstance(data, dict):
        return []
    return [
        value
        for key, item in data.items()
        for value in ([item] if key == name else found(item, name))
    ]
