"""What Redis holds, under the blueprint's four keys and for its lifetimes (4.2)."""

from uuid import UUID

from core.redis.cache import CacheEntry, Form
from models.rows import ServiceRow, StatsRow, TokenPriceRow, UserRow

ACTIVE_SERVICES_MAX = 100

STATS_KEY = "global:stats"
ACTIVE_SERVICES_KEY = "services:active"
TOKEN_PRICE_KEY = "token:azr:price"  # noqa: S105  # a key of the cache, not a secret

USER = CacheEntry(lifetime_seconds=3600, form=Form(UserRow))
STATS = CacheEntry(lifetime_seconds=300, form=Form(StatsRow))
ACTIVE_SERVICES = CacheEntry(lifetime_seconds=600, form=Form(tuple[ServiceRow, ...]))
TOKEN_PRICE = CacheEntry(lifetime_seconds=60, form=Form(TokenPriceRow | None))


def user_key(user_id: UUID) -> str:
    return f"user:{user_id}"
