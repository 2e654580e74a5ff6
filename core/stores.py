"""The stores of one process, opened and closed together."""

from collections.abc import Sequence
from dataclasses import dataclass

from beanie import Document

from core.clock import Clock, system_clock
from core.database import Database
from core.mongo import Mongo
from core.redis.cache import Cache
from core.redis.client import RedisStore
from core.redis.pubsub import PubSub
from core.redis.responses import SharedResponses
from core.settings import StoreAddresses


@dataclass(frozen=True, slots=True)
class Stores:
    """What commands and reads need of the world: databases, caches, signals and the time."""

    database: Database
    mongo: Mongo
    redis: RedisStore
    cache: Cache
    signals: PubSub
    responses: SharedResponses
    clock: Clock

    async def close(self) -> None:
        await self.redis.close()
        await self.mongo.close()
        await self.database.close()


async def open_stores(
    addresses: StoreAddresses,
    *,
    pool_size: int,
    documents: Sequence[type[Document]],
    clock: Clock = system_clock,
) -> Stores:
    """Open every store. Raises StoreUnavailable when MongoDB, which binds documents, is away."""
    redis = RedisStore(addresses.redis_url)
    signals = PubSub(addresses.redis_url, redis)
    stores = Stores(
        database=Database(addresses.database_url, pool_size=pool_size),
        mongo=Mongo(addresses.mongo_url),
        redis=redis,
        cache=Cache(redis),
        signals=signals,
        responses=SharedResponses(redis, signals),
        clock=clock,
    )
    try:
        await stores.mongo.bind(documents)
    except BaseException:
        await stores.close()
        raise
    return stores
