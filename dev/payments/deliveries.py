"""Sends events to the seller, again while it does not answer with 2xx, as providers do."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx2

from dev.payments.sales import Wire

TIMEOUT_SECONDS = 10.0
TRIES_MAX = 5
PAUSE_SECONDS = 0.5
KEPT_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """A body and the headers that prove whose it is."""

    body: bytes
    headers: Mapping[str, str]


class Deliveries:
    """What was sent, and what is being sent. `urls` say where to, by the wire format."""

    def __init__(self, urls: Mapping[Wire, str]) -> None:
        self.urls = urls
        self.sent: deque[bytes] = deque(maxlen=KEPT_MAX)
        self._running: set[asyncio.Task[None]] = set()

    def send(self, wire: Wire, body: bytes, sign: Callable[[bytes], Message]) -> None:
        """Send a body in the background, signed anew at each try."""
        self.sent.append(body)
        url = self.urls.get(wire)
        if url is not None:
            task = asyncio.create_task(self._deliver(url, body, sign))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Give up what is still being sent."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _deliver(self, url: str, body: bytes, sign: Callable[[bytes], Message]) -> None:
        async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
            for number in range(TRIES_MAX):
                message = sign(body)
                try:
                    answer = await client.post(url, content=body, headers=message.headers)
                except httpx2.HTTPError:
                    answer = None
                if answer is not None and answer.is_success:
                    return
                await asyncio.sleep(PAUSE_SECONDS * 2**number)
