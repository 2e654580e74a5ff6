"""The same postings on a ledger that nobody thought about: serializable, one row for all fees."""

from decimal import Decimal
from pathlib import Path
from random import SystemRandom
from uuid import UUID, uuid4

import asyncpg

SQL = Path(__file__).with_name("naive.sql")
FEES = UUID(int=0)
PLENTY = Decimal(1_000_000)
POST = "SELECT naive.post($1, $2, $3, $4)"
ISOLATION = {"default_transaction_isolation": "serializable"}
TRIES_MAX = 50
PRICE, COMMISSION, SENT = Decimal(1), Decimal("0.15"), Decimal("0.01")
RANDOM = SystemRandom()


class NaiveCrowd:
    """People with plenty of AZR on the naive ledger. Counts what had to be tried again."""

    def __init__(self, people: list[UUID]) -> None:
        self._people = people
        self.tries = self.postings = self.given_up = 0

    async def open(self, connection: asyncpg.Connection) -> None:
        await connection.execute(SQL.read_text())
        await connection.executemany(
            "INSERT INTO naive.accounts VALUES ($1, $2)",
            [(person, PLENTY) for person in (FEES, *self._people)],
        )

    async def transfer(self, connection: asyncpg.Connection) -> int:
        """Between any two."""
        sender, recipient = RANDOM.sample(self._people, 2)
        return await self._posted(connection, "transfer", {sender: -SENT, recipient: SENT})

    async def sale(self, connection: asyncpg.Connection) -> int:
        """A purchase and its release, which pays the one row of fees."""
        buyer, seller = RANDOM.sample(self._people, 2)
        escrow = uuid4()
        paid = await self._posted(connection, "purchase", {buyer: -PRICE, escrow: PRICE})
        if not paid:
            return 0
        release = {escrow: -PRICE, seller: PRICE - COMMISSION, FEES: COMMISSION}
        return paid + await self._posted(connection, "release", release)

    async def _posted(
        self, connection: asyncpg.Connection, kind: str, moves: dict[UUID, Decimal]
    ) -> int:
        """One posting, tried until it is serializable; 0 when it never was."""
        for _ in range(TRIES_MAX):
            self.tries += 1
            try:
                await connection.execute(POST, uuid4(), kind, list(moves), list(moves.values()))
            except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
                continue
            self.postings += 1
            return 1
        self.given_up += 1
        return 0
