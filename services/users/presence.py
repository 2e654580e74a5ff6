"""Who is online: a sorted set in Redis of people and visitors, by when they were last seen."""

import time

from core.errors import StoreUnavailable
from core.redis.client import RedisStore
from core.redis.pubsub import PubSub
from models.topics import STATS_TOPIC

PRESENCE_KEY = "presence:online"
SEEN_WITHIN_SECONDS = 60


class Presence:
    """Marks and counts who was seen within the last minute. Silent while Redis is away."""

    def __init__(self, store: RedisStore, signals: PubSub) -> None:
        self._store = store
        self._signals = signals

    async def mark(self, member: str) -> None:
        """`member` is here. Repeat at least once a minute while they are."""
        now = time.time()
        try:
            # The expired go first, so that somebody who comes back is new again.
            gone = await self._store.run(
                lambda redis: redis.zremrangebyscore(
                    PRESENCE_KEY, "-inf", f"({now - SEEN_WITHIN_SECONDS}"
                )
            )
            is_new = await self._store.run(lambda redis: redis.zadd(PRESENCE_KEY, {member: now}))
        except StoreUnavailable:
            return
        if gone or is_new:
            await self._signals.publish(STATS_TOPIC)

    async def leave(self, member: str) -> None:
        """`member` has gone."""
        try:
            was_here = await self._store.run(lambda redis: redis.zrem(PRESENCE_KEY, member))
        except StoreUnavailable:
            return
        if was_here:
            await self._signals.publish(STATS_TOPIC)

    async def count(self) -> int:
        """How many were seen within the last minute; 0 while Redis is away."""
        try:
            return await self._store.run(
                lambda redis: redis.zcount(PRESENCE_KEY, time.time() - SEEN_WITHIN_SECONDS, "+inf")
            )
        except StoreUnavailable:
            return 0
