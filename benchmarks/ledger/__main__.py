"""Measures the ledger: `python -m benchmarks.ledger [--smoke]`.

Sixteen connections and durable commits. Everything that is compared runs in turn within one run.
Afterwards every invariant is checked.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import asyncpg

from benchmarks.ledger.naive import ISOLATION, TRIES_MAX, NaiveCrowd
from benchmarks.ledger.postings import Crowd, Turn, measure, opened_wallets
from benchmarks.ledger.purchases import Bought, measure_purchases
from benchmarks.machine import current_load, facts
from cli.migrate import migrate_database
from core.database import Database
from dev.embedded import Server, embedded_servers
from services.ledger.invariants import INVARIANTS, check_invariant

CONNECTIONS = 16
WALLETS = 2_000
ROUNDS, ROUND_SECONDS = 5, 3.0
# What each proof costs: the same transfers while one of the deferred triggers sleeps.
PROOFS = {
    "without the zero-sum trigger": ("ledger_transactions", "ledger_transactions_balanced"),
    "without the azr_balance trigger": ("users", "users_azr_balance_updated"),
}


async def run(url: str, *, rounds: int, seconds: float, wallets: int) -> None:
    """Fill the books, measure in turns, print, and prove that the books are sound."""
    connections = [await asyncpg.connect(url) for _ in range(CONNECTIONS)]
    crowd = Crowd(await opened_wallets(connections[0], wallets))
    naive = NaiveCrowd(crowd.people)
    await naive.open(connections[0])
    serializable = [await asyncpg.connect(url, server_settings=ISOLATION) for _ in connections]
    turns = {
        "transfer, any to any": crowd.transfer,
        "transfer, any to one wallet": crowd.to_one,
        "purchase and release, one commission": crowd.sale,
        "reward, one pool": crowd.reward,
    }
    naive_turns = {
        "naive: transfer, any to any": naive.transfer,
        "naive: purchase and release, one row of fees": naive.sale,
    }
    rates, times = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)

    async def measured(name: str, turn: Turn, through: list[asyncpg.Connection]) -> None:
        rate, took = await measure(through, turn, seconds)
        rates[name].append(rate)
        times[name] += took

    for _ in range(rounds):
        for name, turn in turns.items():
            await measured(name, turn, connections)
        for name, turn in naive_turns.items():
            await measured(name, turn, serializable)
        for name, (table, trigger) in PROOFS.items():
            await connections[0].execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
            await measured(name, crowd.transfer, connections)
            await connections[0].execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
    print_table(rates, times)
    print(
        f"\nThe naive ledger tried {naive.tries / naive.postings:.2f} times for each posting, and"
        f" gave up {naive.given_up} after {TRIES_MAX} tries."
    )
    await print_proofs(connections[0], url)
    for connection in (*connections, *serializable):
        await connection.close()


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


def print_purchases(bought: Bought) -> None:
    hundredths = statistics.quantiles(bought.times_ms, n=100)
    print(
        f"Purchases through GraphQL, one worker: {bought.rate:,.0f} a second,"
        f" p50 {hundredths[49]:.1f} ms, p99 {hundredths[98]:.1f} ms."
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
        print_purchases(measure_purchases(Path(folder) / "world", rounds * seconds))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
