"""Money survives: whoever is killed, and however the database ends.

`make test-faults-money` runs it for longer, and prints its figures.
"""

import asyncio
import os
from decimal import Decimal

import pytest

from core.database import Database
from tests.faults.bank import (
    AZR_EACH,
    CrashingPostgres,
    Figures,
    Tellers,
    attack,
    audit,
    read_snapshots,
)
from tests.migrating import migrate
from tests.services.ledger.bank import Bank

SECONDS = float(os.environ.get("AZORA_FAULTS_SECONDS", "12"))
CRASHES = 2
PEOPLE = 8


@pytest.fixture
async def postgres(tmp_path):
    tmp_path.chmod(0o755)
    server = CrashingPostgres(tmp_path / "servers")
    yield server
    await server.stop()


@pytest.mark.xdist_group("processes")
class TestMoney:
    async def test_is_neither_lost_nor_doubled(self, postgres, tmp_path):
        url = await postgres.start()
        await migrate(url)
        database, figures = Database(url, pool_size=2), Figures()
        bank = Bank(database)
        people = [await bank.person(AZR_EACH) for _ in range(PEOPLE)]
        tellers = Tellers(url, tmp_path, people)

        reading = asyncio.create_task(read_snapshots(url, Decimal(PEOPLE * AZR_EACH), figures))
        try:
            await attack(tellers, postgres, figures, seconds=SECONDS, crashes=CRASHES)
        finally:
            reading.cancel()
            tellers.kill_all()
        await database.close()
        database = Database(url, pool_size=2)
        await audit(database, tellers, figures)
        figures.contradictions = len(await Bank(database).contradictions())
        await database.close()

        print(f"\n{figures}")  # noqa: T201  # what the make target is run for
        assert figures.crashes == CRASHES
        assert figures.told > 0
        assert figures.snapshots > 0
        assert figures.lost == 0
        assert figures.invented == 0
        assert figures.duplicated == 0
        assert figures.changed == 0
        assert figures.drifted == 0
        assert figures.bad_snapshots == 0
        assert figures.contradictions == 0
