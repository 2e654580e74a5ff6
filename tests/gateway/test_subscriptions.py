"""The live figures come through the gateway as they come from the one process."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from tests.gateway.conftest import TokenOf
from tests.gateway.operations import document_of
from tests.gateway.sides import Side, Sides
from tests.gateway.sockets import Socket, socket_to

LIVE_STATS = document_of("live/live_stats")
PUBLISH_SERVICE = document_of("writes/publish_service")
EVENTS_MAX = 6


async def test_the_first_event_is_the_same(sides: Sides, token_of: TokenOf) -> None:
    async with _subscribed(sides, token_of("owner")) as (gateway, in_process):
        events = [await gateway.event(), await in_process.event()]

    # Each side counts its own sockets, and may do so before or after the first event.
    online = [event["liveStats"].pop("onlineNow") for event in events]
    assert events[0] == events[1]
    assert all(0 <= each <= 1 for each in online)


@pytest.mark.parametrize("name", ["balance_changed", "token_price"])
async def test_wallets_and_prices_begin_the_same(
    sides: Sides, token_of: TokenOf, name: str
) -> None:
    document = document_of(f"live/{name}")
    async with _subscribed(sides, token_of("owner"), document) as (gateway, in_process):
        events = [await gateway.event(), await in_process.event()]

    assert events[0] == events[1]
    assert all(value is not None for value in events[0].values())


async def test_a_change_is_pushed_to_both(
    sides: Sides, names: Mapping[str, str], token_of: TokenOf
) -> None:
    token, asked = (
        token_of("shopkeeper"),
        {"id": names["live_draft"], "idempotencyKey": "publish-live"},
    )
    async with _subscribed(sides, token) as sockets:
        before = [_services(await socket.event()) for socket in sockets]
        for side in (sides.gateway, sides.in_process):
            await side.ask(PUBLISH_SERVICE, {"input": asked}, token=token)
        after = [
            await _changed(socket, count) for socket, count in zip(sockets, before, strict=True)
        ]

    assert before[0] == before[1]
    assert after == [count + 1 for count in before]


@asynccontextmanager
async def _subscribed(
    sides: Sides, token: str | None, document: str = LIVE_STATS
) -> AsyncGenerator[tuple[Socket, Socket]]:
    """A socket to each side, subscribed to the live figures, or to something else."""
    async with AsyncExitStack() as exits:

        async def subscribed(side: Side) -> Socket:
            socket = await exits.enter_async_context(socket_to(side.origin))
            await socket.init({"Authorization": f"Bearer {token}"})
            await socket.subscribe(document)
            return socket

        yield await subscribed(sides.gateway), await subscribed(sides.in_process)


async def _changed(socket: Socket, before: int) -> int:
    """The number of services in the first event that has another one than `before`."""
    for _ in range(EVENTS_MAX):
        count = _services(await socket.event())
        if count != before:
            return count
    message = f"{EVENTS_MAX} events, and still {before} services"
    raise AssertionError(message)


def _services(event: Mapping[str, Any]) -> int:
    return event["liveStats"]["services"]
