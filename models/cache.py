"""What Redis holds, under the blueprint's four keys and for its lifetimes (4.2)."""

from uuid import UUID

from pydantic import TypeAdapter

from core.redis.cache import CacheEntry
from models.rows import ServiceRow, StatsRow, TokenPriceRow, UserRow

ACTIVE_SERVICES_MAX = 100

STATS_KEY = "global:stats"
ACTIVE_SERVICES_KEY = "services:active"
TOKEN_PRICE_KEY = "token:azr:price"  # noqa: S105  # a key of the cache, not a secret

USER = CacheEntry(lifetime_seconds=3600, form=TypeAdapter(UserRow))
STATS = CacheEntry(lifetime_seconds=300, form=TypeAdapter(StatsRow))
ACTIVE_SERVICES = CacheEntry(lifetime_seconds=600, form=TypeAdapter(tuple[ServiceRow, ...]))
TOKEN_PRICE = CacheEntry(lifetime_seconds=60, form=TypeAdapter(TokenPriceRow | None))

STATS_TOPIC = "stats"
"""Signalled when a figure of the stats changes."""


def user_key(user_id: UUID) -> str:
    return f"user:{user_id}"
