"""Fixtures of tests of orders: a shop, and refusals that are proved to change nothing."""

import asyncio
from contextlib import suppress

import pytest

from tests.services.marketplace.orders.shop import Shop


@pytest.fixture
async def shop(stores, make):
    return await Shop.open(stores, make)


@pytest.fixture
def refused(make):
    """Awaits what is refused, and proves that nothing but the key's memory of it changed."""

    async def run(refusal, doing):
        before = await make.contents()
        with pytest.raises(refusal) as caught:
            await doing
        after = await make.contents()
        before.pop("ledger_keys")
        after.pop("ledger_keys")
        assert after == before
        return caught.value

    return run


@pytest.fixture
async def hearing(stores):
    """The signals of the stores, arriving."""
    task = asyncio.ensure_future(stores.signals.run())
    async with stores.signals.listen("ready") as heard:
        while not heard.is_set():
            await stores.signals.publish("ready")
            with suppress(TimeoutError):
                await asyncio.wait_for(heard.wait(), 0.05)
    yield stores.signals
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
