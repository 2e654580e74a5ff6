"""Putting listings on offer and taking them off."""

from functools import partial
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from core.database import WriteSession
from core.errors import DomainError
from core.stores import Stores
from models.cache import ACTIVE_SERVICES_KEY, STATS_KEY
from models.subjects import Subject
from models.tables import ListingAction, Service
from models.topics import STATS_TOPIC, balance_topic
from services.auth.viewer import Viewer
from services.ledger import Key, carry_out, earlier, pay_listing_fee, post
from services.marketplace.listing_states import take
from services.marketplace.listings import locked_listing
from services.plans import plan_of

FreeAction = Literal[ListingAction.PAUSE, ListingAction.RESUME, ListingAction.CLOSE]


class ListingLimit(DomainError):
    """The provider's plan allows no more listings on offer."""

    code = "LISTING_LIMIT"

    def __init__(self, limit: int) -> None:
        super().__init__(f"Your plan allows {limit} published listings. Pause or close one first.")
        self.limit = limit


async def publish_service(
    stores: Stores, viewer: Viewer, *, service_id: UUID, idempotency_key: str
) -> bool:
    """Put a draft on offer for 10 AZR of its provider, or change nothing.

    Whether an earlier request with the same key did. Raises InvalidKey, ServiceNotFound,
    NotTheProvider, WrongListingState, ListingLimit, InsufficientFunds, AccountFrozen,
    IdempotencyMismatch.
    """
    seller_id, asked = viewer.required_id(), {"service_id": service_id}
    key = Key.of(seller_id, "publishService", idempotency_key, asked)

    async def work(session: WriteSession) -> bool:
        if await earlier(session, key) is not None:
            return True
        service = await locked_listing(session, viewer, service_id, ListingAction.PUBLISH)
        take(service, ListingAction.PUBLISH, viewer)
        await _check_limit(session, service)
        fee = pay_listing_fee(service_id=service_id, seller_id=seller_id)
        await post(session, fee, key=key)
        return False

    change = partial(
        stores.change,
        keys=[ACTIVE_SERVICES_KEY, STATS_KEY],
        subjects=[Subject.SERVICES, Subject.STATS],
        topics=[STATS_TOPIC, balance_topic(seller_id)],
    )
    return await carry_out(stores.database, work, change=change)


async def change_state(
    stores: Stores, viewer: Viewer, *, service_id: UUID, action: FreeAction
) -> None:
    """Pause, resume or close a listing, or change nothing.

    What an admin paused, only an admin resumes. Raises ServiceNotFound, NotTheProvider,
    WrongListingState, PausedByAdmin, ListingLimit.
    """
    async with stores.change(
        keys=[ACTIVE_SERVICES_KEY, STATS_KEY],
        subjects=[Subject.SERVICES, Subject.STATS],
        topics=[STATS_TOPIC],
    ) as session:
        service = await locked_listing(session, viewer, service_id, action)
        take(service, action, viewer)
        if service.is_active:
            await _check_limit(session, service)


async def _check_limit(session: WriteSession, service: Service) -> None:
    """Return if a listing, published by this transaction, is within its provider's plan.

    One listing of a provider is decided on at a time. Not by a lock of their wallet or account,
    which the ledger takes in an order of its own, later. Raises ListingLimit.
    """
    provider_id = service.provider_id
    assert provider_id is not None  # noqa: S101  # somebody has just published it
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"listings {provider_id}", 0))
    await session.execute(select(lock))
    limit = (await plan_of(session, provider_id)).listings_max
    published = select(func.count()).where(
        col(Service.provider_id) == provider_id, col(Service.is_active)
    )
    if (await session.scalars(published)).one() > limit:
        raise ListingLimit(limit)
