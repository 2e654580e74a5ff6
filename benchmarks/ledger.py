"""Measures the ledger's functions: `python -m benchmarks.ledger [--smoke]`.

Sixteen connections, durable commits, one round trip for each posting. Everything that is compared
runs in turn within one run. Afterwards every invariant is checked.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from random import SystemRandom
from uuid import UUID, uuid4

import asyncpg
import orjson

from benchmarks.machine import current_load, facts
from cli.migrate import migrate_database
from core.database import Database
from core.ids import new_id
from dev.embedded import Server, embedded_servers
from services import ledger
from services.ledger import Recipe
from services.ledger.invariants import INVARIANTS, check_invariant

CONNECTIONS = 16
WALLETS = 2_000
ROUNDS, ROUND_SECONDS = 5, 3.0
PLENTY = Decimal(1_000_000)
POST = "SELECT ledger_post('benchmark', $1, $2, $3::jsonb)"
# What each proof costs: the same transfers while one of the deferred triggers sleeps.
PROOFS = {
    "without the zero-sum trigger": ("ledger_transactions", "ledger_transactions_balanced"),
    "without the azr_balance trigger": ("users", "users_azr_balance_updated"),
}
RANDOM = SystemRandom()
Turn = Callable[[asyncpg.Connection], Awaitable[int]]


class Crowd:
    """People with plenty of AZR, and what they do: each turn answers how much it posted."""

    def __init__(self, people: list[UUID]) -> None:
        self._people = people
        self._hot = people[0]

    async def transfer(self, connection: asyncpg.Connection) -> int:
        """Between any two."""
        sender, recipient = RANDOM.sample(self._people, 2)
        return await self._sent(connection, sender, recipient)

    async def to_one(self, connection: asyncpg.Connection) -> int:
        """From anybody to one and the same."""
        return await self._sent(connection, RANDOM.choice(self._people[1:]), self._hot)

    async def sale(self, connection: asyncpg.Connection) -> int:
        """A purchase and its release, which pays the one commission account."""
        buyer, seller = RANDOM.sample(self._people, 2)
        order = {"order_id": uuid4(), "buyer_id": buyer, "seller_id": seller}
        await post(connection, ledger.open_escrow(**order, price_azr=Decimal(1)))
        release = ledger.release_escrow(**order, price_azr=Decimal(1), actor_id=None)
        await post(connection, release)
        return 2

    async def reward(self, connection: asyncpg.Connection) -> int:
        """From the one reward pool to anybody."""
        person = RANDOM.choice(self._people)
        recipe = ledger.reward(user_id=person, event_id=uuid4(), amount_azr=Decimal("0.01"))
        await post(connection, recipe)
        return 1

    async def _sent(self, connection: asyncpg.Connection, sender: UUID, recipient: UUID) -> int:
        recipe = ledger.transfer(
            sender_id=sender, recipient_id=recipient, amount_azr=Decimal("0.01")
        )
        await post(connection, recipe)
        return 1


async def post(connection: asyncpg.Connection, recipe: Recipe) -> None:
    request = orjson.dumps(recipe.request()).decode()
    await connection.execute(POST, uuid4().hex, new_id(), request)


async def measure(
    connections: list[asyncpg.Connection], turn: Turn, seconds: float
) -> tuple[float, list[float]]:
    """Postings a second, and how long each turn took in milliseconds."""
    began, postings, times = time.perf_counter(), 0, list[float]()

    async def work(connection: asyncpg.Connection) -> None:
        nonlocal postings
        while (start := time.perf_counter()) < began + seconds:
            posted = await turn(connection)
            postings += posted
            times.append(1000 * (time.perf_counter() - start))

    async with asyncio.TaskGroup() as group:
        for connection in connections:
            group.create_task(work(connection))
    return postings / (time.perf_counter() - began), times


async def run(url: str, *, rounds: int, seconds: float, wallets: int) -> None:
    """Fill the books, measure in turns, print, and prove that the books are sound."""
    connections = [await asyncpg.connect(url) for _ in range(CONNECTIONS)]
    crowd = Crowd(await opened_wallets(connections[0], wallets))
    turns = {
        "transfer, any to any": crowd.transfer,
        "transfer, any to one wallet": crowd.to_one,
        "purchase and release, one commission": crowd.sale,
        "reward, one pool": crowd.reward,
    }
    rates, times = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)

    async def measured(name: str, turn: Turn) -> None:
        rate, took = await measure(connections, turn, seconds)
        rates[name].append(rate)
        times[name] += took

    for _ in range(rounds):
        for name, turn in turns.items():
            await measured(name, turn)
        for name, (table, trigger) in PROOFS.items():
            await connections[0].execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
            await measured(name, crowd.transfer)
            await connections[0].execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
    print_table(rates, times)
    await print_proofs(connections[0], url)
    for connection in connections:
        await connection.close()


async def opened_wallets(connection: asyncpg.Connection, count: int) -> list[UUID]:
    people = [uuid4() for _ in range(count)]
    await connection.executemany(
        "INSERT INTO users (id, email, password_hash) VALUES ($1::uuid, $1::uuid::text, '')",
        [(person,) for person in people],
    )
    await post(connection, ledger.fund_rewards(amount_azr=PLENTY, actor_id=None))
    for person in people:
        await post(connection, ledger.mint(user_id=person, amount_azr=PLENTY, actor_id=None))
    return people


def print_table(rates: dict[str, list[float]], times: dict[str, list[float]]) -> None:
    reference = statistics.median(next(iter(rates.values())))
    print("| What | postings/s | ratio | p50 ms a turn | p99 ms |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, found in rates.items():
        rate, hundredths = statistics.median(found), statistics.quantiles(times[name], n=100)
        columns = f"{rate:,.0f} | {rate / reference:.2f} | {hundredths[49]:.1f}"
        print(f"| {name} | {columns} | {hundredths[98]:.1f} |")


async def print_proofs(connection: asyncpg.Connection, url: str) -> None:
    await asyncio.sleep(1)
    deadlocks = await connection.fetchval(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    entries = await connection.fetchval("SELECT count(*) FROM ledger_entries")
    database = Database(url, pool_size=1)
    async with database.read() as session:
        start = time.perf_counter()
        found = [await check_invariant(session, each) for each in INVARIANTS]
        seconds = time.perf_counter() - start
    await database.close()
    broken = [finding.invariant.name for finding in found if finding.count]
    print(
        f"\n{deadlocks} deadlocks; {entries:,} entries; broken invariants: {broken or 'none'},"
        f" checked in {seconds:.1f} s."
    )


def main() -> None:
    """Measure on a durable PostgreSQL of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="only see that everything runs")
    is_smoke = parser.parse_args().smoke
    print(f"{facts()}\nLoad before: {current_load()}\n")
    with tempfile.TemporaryDirectory(prefix="azora-ledger-") as folder:
        Path(folder).chmod(0o755)
        with embedded_servers(Path(folder), wanted=frozenset({Server.POSTGRES})) as addresses:
            url = str(addresses.database_url).replace("+asyncpg", "")
            migrate_database(url)
            rounds, seconds = (1, 0.3) if is_smoke else (ROUNDS, ROUND_SECONDS)
            asyncio.run(run(url, rounds=rounds, seconds=seconds, wallets=WALLETS))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
