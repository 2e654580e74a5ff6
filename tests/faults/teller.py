"""A teller of the bank test: `python -m tests.faults.teller URL JOURNAL PERSON...`, until killed.

It writes what it is about to ask into its journal, asks under a key of its own, and writes what it
was told. An intent without an outcome is one whose outcome nobody knows.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from random import SystemRandom
from typing import Self
from uuid import UUID, uuid4

import orjson

from core.database import Database
from core.errors import StoreUnavailable
from core.money import trap_floats
from services import ledger
from services.ledger import Key, PostingRefused, Recipe, carry_out

COUNTERS = 4
PAUSE_SECONDS = 0.2
RANDOM = SystemRandom()
SCOPE = "tellers"


@dataclass(frozen=True, slots=True)
class Intent:
    """One request: what is to move, between whom, and the key that makes it happen once."""

    key: str
    kind: str
    payer: UUID
    payee: UUID
    azr: str
    order: UUID | None = None

    @classmethod
    def read(cls, line: dict[str, str]) -> Self:
        """An intent from a journal."""
        order = None if line["order"] is None else UUID(line["order"])
        parties = {"payer": UUID(line["payer"]), "payee": UUID(line["payee"])}
        return cls(key=line["key"], kind=line["kind"], azr=line["azr"], order=order, **parties)

    def then(self, kind: str) -> "Intent":
        """What comes after a purchase, under a key of its own."""
        return Intent(uuid4().hex, kind, self.payer, self.payee, self.azr, self.order)

    def recipe(self) -> Recipe:
        """What it posts."""
        azr = Decimal(self.azr)
        if self.order is None:
            return ledger.transfer(sender_id=self.payer, recipient_id=self.payee, amount_azr=azr)
        sale = {
            "order_id": self.order,
            "buyer_id": self.payer,
            "seller_id": self.payee,
            "price_azr": azr,
        }
        match self.kind:
            case "purchase":
                return ledger.open_escrow(**sale)
            case "release":
                return ledger.release_escrow(**sale, actor_id=None)
            case _:
                return ledger.refund_escrow(**sale, actor_id=None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a teller was told: the transaction that was posted, or the code of the refusal."""

    key: str
    transaction: str | None
    refusal: str | None


async def ask(database: Database, intent: Intent) -> tuple[Outcome, bool]:
    """How an intent ended, and whether it had been posted before, or was refused.

    Raises StoreUnavailable when nobody knows whether it was carried out.
    """
    recipe, key = intent.recipe(), Key(SCOPE, intent.key)
    try:
        posting = await carry_out(database, lambda session: ledger.post(session, recipe, key=key))
    except PostingRefused as refusal:
        return Outcome(intent.key, None, refusal.code), True
    return Outcome(intent.key, str(posting.id), None), posting.is_replay


def any_intent(people: Sequence[UUID]) -> Intent:
    """A transfer or, one time in three, a purchase."""
    payer, payee = RANDOM.sample(people, 2)
    kind = RANDOM.choice(("transfer", "transfer", "purchase"))
    order = uuid4() if kind == "purchase" else None
    return Intent(uuid4().hex, kind, payer, payee, f"{RANDOM.uniform(0.01, 5):.6f}", order)


async def serve(database: Database, journal: int, people: Sequence[UUID]) -> None:
    """One request after the other, each in the journal before and after."""

    async def done(intent: Intent) -> bool:
        os.write(journal, orjson.dumps(asdict(intent)) + b"\n")
        try:
            outcome, _ = await ask(database, intent)
        except StoreUnavailable:
            await asyncio.sleep(PAUSE_SECONDS)
            return False
        os.write(journal, orjson.dumps(asdict(outcome)) + b"\n")
        return outcome.refusal is None

    while True:
        intent = any_intent(people)
        if await done(intent) and intent.order is not None:
            await done(intent.then(RANDOM.choice(("release", "refund"))))


async def main(url: str, path: Path, people: Sequence[UUID]) -> None:
    journal = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    database = Database(url, pool_size=COUNTERS)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(COUNTERS):
            tasks.create_task(serve(database, journal, people))


if __name__ == "__main__":
    trap_floats()
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), [UUID(each) for each in sys.argv[3:]]))
