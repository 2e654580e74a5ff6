"""Whom AZR is sent to: found by handle, e-mail address or id.

Handles and ids are public. Who has an account under an e-mail address is not: each person asks
about a few addresses an hour, known or unknown, and Redis counts them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from redis.asyncio import Redis
from sqlmodel import col, select

from core.database import ReadSession, WriteSession
from core.errors import DomainError
from core.stores import Stores
from models.tables import User
from services.auth.accounts import normalized_email

ADDRESSES_AN_HOUR_MAX = 20
HOUR = timedelta(hours=1)


class RecipientNotFound(DomainError):
    """Nobody has this handle, address or id."""

    code = "RECIPIENT_NOT_FOUND"
    field = ("input", "to")

    def __init__(self) -> None:
        super().__init__("Nobody here is known by this. Ask the person for their handle.")


class TooManyLookups(DomainError):
    """The person asked about too many e-mail addresses; from `retry_at` they may go on."""

    code = "TOO_MANY_LOOKUPS"
    field = ("input", "to", "email")

    def __init__(self, retry_at: datetime) -> None:
        super().__init__("That were many e-mail addresses. Use a handle, or go on later.")
        self.retry_at = retry_at


@dataclass(frozen=True, slots=True)
class RecipientName:
    """What somebody is known by: one of the three."""

    handle: str | None = None
    email: str | None = None
    user_id: UUID | None = None


async def recipient_of(session: ReadSession | WriteSession, name: RecipientName) -> UUID:
    """The id of the person whom a name means. Raises RecipientNotFound."""
    if name.handle is not None:
        is_meant = col(User.handle) == name.handle.strip().removeprefix("@").lower()
    elif name.email is not None:
        is_meant = col(User.email) == normalized_email(name.email)
    else:
        is_meant = col(User.id) == name.user_id
    found = await session.scalar(select(User.id).where(is_meant))
    if found is None:
        raise RecipientNotFound
    return found


async def count_lookup(stores: Stores, user_id: UUID, name: RecipientName) -> None:
    """Count that a person asks about an e-mail address; the same one again is free.

    Raises TooManyLookups, and StoreUnavailable without Redis: then handles and ids still do.
    """
    if name.email is None:
        return
    now = stores.clock()
    hour = now.replace(minute=0, second=0, microsecond=0)
    key = f"lookups:{user_id}:{hour:%Y%m%d%H}"
    address = sha256(normalized_email(name.email).encode()).digest()

    async def count(redis: Redis) -> int:
        async with redis.pipeline() as pipeline:
            pipeline.sadd(key, address)
            pipeline.expire(key, HOUR)
            pipeline.scard(key)
            counted = (await pipeline.execute())[-1]
        if counted > ADDRESSES_AN_HOUR_MAX:
            await redis.srem(key, address)
        return counted

    if await stores.redis.run(count) > ADDRESSES_AN_HOUR_MAX:
        raise TooManyLookups(hour + HOUR)
