"""Fixtures of the ledger's tests: a bank, and refusals that are proved to change nothing."""

import pytest

from core.database import Database
from tests.services.ledger.bank import Bank


@pytest.fixture
def bank(database: Database) -> Bank:
    return Bank(database)


@pytest.fixture
async def crowded_bank(stores, addresses):
    """A bank with as many counters as a crowd needs."""
    database = Database(addresses.database_url, pool_size=25)
    yield Bank(database)
    await database.close()


@pytest.fixture
def refused(bank, make):
    """Awaits what is refused, and proves that nothing but the key's memory of it changed."""

    async def run(refusal: type[Exception], doing) -> Exception:
        before = await make.contents()
        with pytest.raises(refusal) as caught:
            await doing
        after = await make.contents()
        known, keys = before.pop("ledger_keys"), after.pop("ledger_keys")
        assert after == before
        new = [each for each in keys if each not in known]
        assert len(new) == len(keys) - len(known) <= 1
        assert all("rejected" in each for each in new)
        return caught.value

    return run
