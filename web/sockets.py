"""The open WebSockets of one process: all can be told to end, and each counts as online."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one connection may take."""

    init_seconds: float = 5.0
    heartbeat_seconds: float = 20.0
    missed_pongs_max: int = 2
    operations_max: int = 20
    close_seconds: float = 2.0


class Closable(Protocol):
    """One connection."""

    def close_soon(self, code: int, reason: str) -> None:
        """Ask the connection to end itself."""
        ...


class OpenSockets:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._connections: set[Closable] = set()
        self._members: Counter[str] = Counter()
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    def __len__(self) -> int:
        return len(self._connections)

    def add(self, connection: Closable) -> None:
        self._connections.add(connection)
        self._is_empty.clear()

    def discard(self, connection: Closable) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._is_empty.set()

    def enter(self, member: str) -> None:
        """A connection of `member` counts as online."""
        self._members[member] += 1

    def leave(self, member: str) -> bool:
        """A connection of `member` has ended. Whether it was their last in this process."""
        self._members[member] -= 1
        if self._members[member] > 0:
            return False
        del self._members[member]
        return True

    async def close_all(self, code: int, reason: str, *, within_seconds: float) -> None:
        """Ask every connection to end, and wait until they have or the time is over."""
        for connection in list(self._connections):
            connection.close_soon(code, reason)
        try:
            async with asyncio.timeout(within_seconds):
                await self._is_empty.wait()
        except TimeoutError:
            return
