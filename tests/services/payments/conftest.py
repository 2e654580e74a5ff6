"""A shop for each test, at the time that `watch` shows."""

import pytest

from tests.shop import open_shop


@pytest.fixture
async def shop(timed, watch, make):
    await make.token_price("0.05")
    with open_shop(timed, watch) as shop:
        yield shop
        for provider in shop.providers.values():
            await provider.close()
