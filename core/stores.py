"""The stores of one process, opened and closed together."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from beanie import Document
from sqlalchemy.exc import IntegrityError

from core.clock import Clock, system_clock
from core.database import Database, WriteSession
from core.errors import DomainError
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
    news: set[asyncio.Task[None]] = field(default_factory=set)
    """Changes that caches and other workers are being told of."""

    @asynccontextmanager
    async def change(
        self, *, keys: Sequence[str] = (), subjects: Sequence[str] = (), topics: Sequence[str] = ()
    ) -> AsyncGenerator[WriteSession]:
        """The transaction of one command, and the news of it to caches and other workers.

        They forget `keys` and what is about `subjects`, and hear of `topics`: after the commit, and
        also when nobody knows whether there was one (the connection broke, the command was
        cancelled). Raises what `Database.transaction` raises.
        """
        try:
            async with self.database.transaction() as session:
                yield session
        except (DomainError, IntegrityError):
            # Refused: nothing has changed.
            raise
        except BaseException:
            await self._tell(keys, subjects, topics)
            raise
        await self._tell(keys, subjects, topics)

    async def _tell(
        self, keys: Sequence[str], subjects: Sequence[str], topics: Sequence[str]
    ) -> None:
        """Tell it to the end, even if the command is cancelled meanwhile."""

        async def tell() -> None:
            if keys:
                await self.cache.forget(*keys)
            await self.responses.announce(*subjects)
            for topic in topics:
                await self.signals.publish(topic)

        telling = asyncio.create_task(tell())
        self.news.add(telling)
        telling.add_done_callback(self.news.discard)
        await asyncio.shield(telling)

    async def close(self) -> None:
        await asyncio.gather(*self.news)
        await self.redis.close()
        await self.mongo.close()
        await self.database.close()


async def open_stores(
    addresses: StoreAddresses,
    *,
    pool_size: int,
    documents: Sequence[type[Document]],
    database_role: str | None = None,
    clock: Clock = system_clock,
) -> Stores:
    """Open every store. Raises StoreUnavailable when MongoDB, which binds documents, is away."""
    redis = RedisStore(addresses.redis_url)
    signals = PubSub(addresses.redis_url, redis)
    stores = Stores(
        database=Database(addresses.database_url, pool_size=pool_size, role=database_role),
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
