"""Fan-out: any worker publishes, every worker hears, through one connection for each process.

Messages are signals that something changed, not values: a slow listener hears one signal for many
changes, and one after a lost connection, so it never waits for news that it missed.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from redis.asyncio import Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from core.errors import StoreUnavailable
from core.redis.client import CONNECT_SECONDS, OUTAGES, RedisStore

RECONNECT_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
POLL_SECONDS = 5.0
HEALTH_SECONDS = 15

logger = structlog.get_logger(__name__)


class PubSub:
    """Signals between the workers of one deployment. `run` is a task of the process's lifespan.

    A deployment is a database of a Redis server, though Redis itself has one set of channels.
    """

    def __init__(self, url: str, store: RedisStore) -> None:
        self._url = url
        self._prefix = f"azora:{parse_url(url).get('db', 0)}:signal:"
        self._store = store
        self._listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._watchers: defaultdict[str, list[Callable[[], None]]] = defaultdict(list)
        self.is_hearing = False
        """Whether this process hears of what others signal, as far as it knows."""

    def channel(self, topic: str) -> str:
        """Where the signals of `topic` are published."""
        return self._prefix + topic

    async def publish(self, topic: str) -> None:
        """Signal every listener of `topic`; without Redis, those in this process."""
        try:
            await self._store.run(lambda redis: redis.publish(self.channel(topic), b"1"))
        except StoreUnavailable:
            self._signal(topic)

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncGenerator[asyncio.Event]:
        """An event that is set when something changed on `topic`. Clear it, then read."""
        event = asyncio.Event()
        self._listeners[topic].add(event)
        try:
            yield event
        finally:
            self._listeners[topic].discard(event)
            if not self._listeners[topic]:
                del self._listeners[topic]

    def watch(self, topic: str, heard: Callable[[], None]) -> None:
        """Call `heard` whenever something may have changed on `topic`, as long as this lives."""
        self._watchers[topic].append(heard)

    async def run(self) -> None:
        """Hear signals until cancelled; reconnect with growing pauses while Redis is away."""
        failures = 0
        while True:
            try:
                async for _ in self._hear():
                    failures = 0
            except OUTAGES as error:
                pause = RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)]
                failures += 1
                logger.warning(
                    "pubsub_disconnected", error=type(error).__name__, retry_in_seconds=pause
                )
                await asyncio.sleep(pause)

    async def _hear(self) -> AsyncIterator[None]:
        """Yield whenever the connection proved to be alive."""
        client = Redis.from_url(
            self._url,
            decode_responses=True,
            socket_connect_timeout=CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=HEALTH_SECONDS,
        )
        async with client, client.pubsub() as connection:
            await connection.psubscribe(self.channel("*"))
            # Until Redis has said so, a signal could still be missed.
            if await connection.get_message(timeout=CONNECT_SECONDS) is None:
                message = "Redis does not confirm the subscription"
                raise TimeoutError(message)
            for topic in {*self._listeners, *self._watchers}:
                self._signal(topic)
            self.is_hearing = True
            try:
                while True:
                    message = await connection.get_message(
                        ignore_subscribe_messages=True, timeout=POLL_SECONDS
                    )
                    if message is not None:
                        channel = str(message["channel"])
                        self._signal(channel.removeprefix(self._prefix))
                    yield
            finally:
                self.is_hearing = False

    def _signal(self, topic: str) -> None:
        for event in self._listeners.get(topic, ()):
            event.set()
        for heard in self._watchers.get(topic, ()):
            heard()
