"""A bank under attack: tellers are killed, its database crashes, and its books are read throughout.

The figures that it ends with are all that is claimed about it.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from signal import SIGQUIT
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import text

from core.database import Database
from core.settings import REPOSITORY
from dev.servers.postgres import PostgresServer
from dev.servers.quarters import quarters_for
from dev.servers.site import Site, lock_folder, secret_of
from tests.faults.teller import Intent, Outcome, ask

TELLERS = 4
KILL_SECONDS = 1.5
READ_SECONDS = 0.005
AZR_EACH = 100
END_SECONDS_MAX = 15.0
# What everybody has together, in one snapshot, who has less than nothing, and who is told a lie.
SNAPSHOT = """
    SELECT (SELECT sum(posted) FROM ledger_balances)
            + (SELECT coalesce(sum(amount), 0) FROM ledger_entries
               JOIN ledger_accounts account ON account.id = account_id
               WHERE account.kind = 'commission'),
        (SELECT count(*) FROM ledger_balances WHERE (posted - held >= floor) IS FALSE),
        (SELECT sum(azr_balance) FROM users) - (
            SELECT sum(posted) FROM ledger_balances
            JOIN ledger_accounts account ON account.id = account_id WHERE account.kind = 'wallet')
"""
KNOWN = text(
    "SELECT key, outcome, transaction_id::text, response ->> 'code' FROM ledger_keys"
    " WHERE scope = 'tellers'"
)
BALANCES = text("SELECT id, azr_balance FROM users")
POSTED = text("""
    SELECT count(*) FROM ledger_transactions posted
    WHERE posted.kind IN ('transfer', 'purchase', 'release', 'refund')
""")
OUTAGES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


class CrashingPostgres:
    """A durable PostgreSQL on a folder of its own, which can be stopped at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: PostgresServer | None = None
        self._lock = -1

    async def start(self) -> str:
        """Start it, the first time or again at the same address."""
        if self._server is None:
            self._lock = await lock_folder(self._folder, holder=os.getpid())
            secret = secret_of(self._folder)
            site = Site(self._folder, self._lock, secret, is_durable=True, say=lambda _: None)
            self._server = PostgresServer(site, quarters_for(site))
        return await self._server.start()

    async def crash(self) -> None:
        """What `pg_ctl stop -m immediate` does: no checkpoint, no goodbye."""
        process = self._server.process
        process._popen.send_signal(SIGQUIT)
        assert await process.exits_within(END_SECONDS_MAX)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()
            os.close(self._lock)


class Tellers:
    """Processes that ask for transfers and purchases, each with a journal of its own."""

    def __init__(self, url: str, folder: Path, people: Sequence[UUID]) -> None:
        self._url = url
        self._folder = folder
        self._people = people
        self._numbers = count(1)
        self._processes = [self._start() for _ in range(TELLERS)]
        self.kills = 0

    def kill_one(self) -> None:
        """Kill the oldest, with whatever it is in the middle of, and start another."""
        self._kill(self._processes.pop(0))
        self._processes.append(self._start())

    def kill_all(self) -> None:
        while self._processes:
            self._kill(self._processes.pop())

    def journals(self) -> tuple[dict[str, Intent], dict[str, Outcome]]:
        """All that was asked, and all that was told, by key."""
        intents, outcomes = dict[str, Intent](), dict[str, Outcome]()
        for path in self._folder.glob("*.journal"):
            # What a teller was killed in the middle of writing was neither sent nor heard.
            for line in path.read_bytes().split(b"\n")[:-1]:
                said = orjson.loads(line)
                if "payer" in said:
                    intents[said["key"]] = Intent.read(said)
                else:
                    outcomes[said["key"]] = Outcome(**said)
        return intents, outcomes

    def _start(self) -> subprocess.Popen[bytes]:
        journal = self._folder / f"{next(self._numbers)}.journal"
        people = [str(person) for person in self._people]
        command = [sys.executable, "-m", "tests.faults.teller", self._url, str(journal), *people]
        return subprocess.Popen(command, cwd=REPOSITORY)

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        assert process.poll() is None, "a teller ended by itself"
        process.kill()
        process.wait()
        self.kills += 1


@dataclass(slots=True)
class Figures:
    """What is reported. All from `lost` on must be 0."""

    asked: int = 0
    told: int = 0
    kills: int = 0
    crashes: int = 0
    snapshots: int = 0
    unknown: int = 0
    unknown_applied: int = 0
    lost: int = 0
    invented: int = 0
    duplicated: int = 0
    changed: int = 0
    drifted: int = 0
    bad_snapshots: int = 0
    contradictions: int = 0

    def __str__(self) -> str:
        return "\n".join(
            f"{name.replace('_', ' '):>16}  {getattr(self, name):,}" for name in self.__slots__
        )


async def read_snapshots(url: str, total: Decimal, figures: Figures) -> None:
    """Look at all balances at once, again and again, whenever there is a database to ask."""
    while True:
        with suppress(*OUTAGES):
            connection = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=5)
            try:
                while True:
                    row = await connection.fetchrow(SNAPSHOT, timeout=5)
                    figures.snapshots += 1
                    figures.bad_snapshots += tuple(row) != (total, 0, 0)
                    await asyncio.sleep(READ_SECONDS)
            finally:
                connection.terminate()
        await asyncio.sleep(READ_SECONDS)


async def attack(
    tellers: Tellers, postgres: CrashingPostgres, figures: Figures, *, seconds: float, crashes: int
) -> None:
    """Kill a teller every one and a half seconds, and crash the database a few times on the way."""
    began = time.monotonic()

    async def crash() -> None:
        for number in range(1, crashes + 1):
            at = began + seconds * number / (crashes + 1)
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            await postgres.crash()
            figures.crashes += 1
            await postgres.start()

    async with asyncio.TaskGroup() as tasks:
        crashing = tasks.create_task(crash())
        while time.monotonic() < began + seconds or not crashing.done():
            await asyncio.sleep(KILL_SECONDS)
            tellers.kill_one()
    tellers.kill_all()
    figures.kills = tellers.kills


async def audit(database: Database, tellers: Tellers, figures: Figures) -> None:
    """Compare what was told with what is there, and ask again for whatever nobody was told of."""
    intents, outcomes = tellers.journals()
    known = await _known(database)
    unknown = intents.keys() - outcomes.keys()
    applied = [key for key in unknown & known.keys() if known[key].transaction is not None]
    figures.asked, figures.told = len(intents), len(outcomes)
    figures.unknown, figures.unknown_applied = len(unknown), len(applied)
    figures.lost = sum(known.get(key) != told for key, told in outcomes.items())
    figures.invented = len(known.keys() - intents.keys())
    for key, intent in intents.items():
        outcome, is_replay = await ask(database, intent)
        if key in known:
            figures.changed += outcome != known[key]
            figures.duplicated += not is_replay
        known[key] = outcome
    posted = [intent for key, intent in intents.items() if known[key].transaction is not None]
    async with database.read() as session:
        figures.duplicated += abs(await session.scalar(POSTED) - len(posted))
        balances = dict((await session.execute(BALANCES)).all())
    expected = _balances(posted)
    figures.drifted = sum(azr != AZR_EACH + expected[who] for who, azr in balances.items())


def _balances(posted: Sequence[Intent]) -> dict[UUID, Decimal]:
    """How much more each person has after all of it, reckoned without the ledger."""
    gained = defaultdict[UUID, Decimal](Decimal)
    for each in posted:
        azr = Decimal(each.azr)
        match each.kind:
            case "transfer":
                gained[each.payer] -= azr
                gained[each.payee] += azr
            case "purchase":
                gained[each.payer] -= azr
            case "release":
                gained[each.payee] += azr - azr * Decimal("0.15")
            case _:
                gained[each.payer] += azr
    return gained


async def _known(database: Database) -> dict[str, Outcome]:
    """How the ledger itself says that each key ended."""
    async with database.read() as session:
        rows = (await session.execute(KNOWN)).all()
    return {
        key: Outcome(key, transaction if outcome == "ok" else None, code)
        for key, outcome, transaction, code in rows
    }
