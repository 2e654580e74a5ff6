"""Redis clients that give up quickly: short timeouts, no hidden retries, a rest after a failure.

redis-py retries three times by default, which turns a 0.1 s timeout into 5.7 s.
"""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core.errors import StoreUnavailable

Result = TypeVar("Result")

HOT_PATH_SECONDS = 0.1
CONNECT_SECONDS = 0.25
CONNECTIONS_MAX = 32
CONNECTION_WAIT_SECONDS = 0.5
REST_SECONDS = 1.0
OUTAGES = (RedisError, OSError, TimeoutError)


def hot_path_client(url: str) -> "Redis":
    """A client for requests in flight: each command answers or fails within a tenth of a second.

    Commands of a rush wait for a connection; redis-py's usual pool would fail them at once.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS_MAX,
        timeout=CONNECTION_WAIT_SECONDS,
        socket_timeout=HOT_PATH_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        decode_responses=False,
    )
    return Redis.from_pool(pool)


class RedisStore:
    """Commands on the hot path. After a failure Redis is left alone for a second.

    So a dead Redis costs the requests in flight one timeout, and the others nothing.
    """

    def __init__(self, url: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.client = hot_path_client(url)
        self._monotonic = monotonic
        self._resting_until = 0.0

    async def run(self, command: Callable[["Redis"], Awaitable[Result]]) -> Result:
        """The command's answer. Raises StoreUnavailable when Redis is away or resting."""
        if self._monotonic() < self._resting_until:
            raise StoreUnavailable("Redis")
        try:
            return await command(self.client)
        except OUTAGES as error:
            self._resting_until = self._monotonic() + REST_SECONDS
            raise StoreUnavailable("Redis") from error

    async def check(self) -> None:
        """Return if Redis answers; raise StoreUnavailable otherwise."""
        try:
            await self.client.ping()
        except OUTAGES as error:
            raise StoreUnavailable("Redis") from error

    async def close(self) -> None:
        await self.client.aclose()
