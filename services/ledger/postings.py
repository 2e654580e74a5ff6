"""Posts transactions, inside the caller's. One for each transaction of PostgreSQL.

What is posted stays; a mistake is undone by another transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.database import WriteSession
from core.ids import new_id
from core.money import exact_azr
from models.tables import PostingKind
from services.ledger.calls import call, recall
from services.ledger.keys import Attempt, Key
from services.ledger.recipes import Recipe, id_of, text_of


@dataclass(frozen=True, slots=True)
class Posting:
    """A transaction of the ledger. `balances` are those of the people concerned, after it.

    `is_replay` says that it was posted by an earlier request with the same key.
    """

    id: UUID
    sequence: int
    created_at: datetime
    balances: dict[UUID, Decimal]
    is_replay: bool
    reference_id: UUID | None
    """What it was for."""

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Posting":
        """What PostgreSQL answered."""
        return cls(
            id=UUID(answer["transaction_id"]),
            sequence=answer["sequence"],
            created_at=datetime.fromisoformat(answer["created_at"]),
            balances={UUID(owner): Decimal(azr) for owner, azr in answer["balances"].items()},
            is_replay=answer.get("is_replay", False),
            reference_id=id_of(answer.get("reference_id")),
        )


async def earlier(session: WriteSession, key: Key) -> Posting | None:
    """What the first request with this key posted; `None` if this is the first.

    For commands whose key knows what was asked, before they decide anything. Waits for a first
    request that is under way. Raises the refusal that the first one had, and IdempotencyMismatch.
    """
    answer = await recall(session, key)
    return None if answer is None else Posting.of(answer)


async def post(session: WriteSession, recipe: Recipe, *, key: Key) -> Posting:
    """Carry out a recipe, or what it did the first time.

    Raises InsufficientFunds, AccountFrozen, BalanceTooLarge, AlreadyPosted, EscrowLeft,
    NoSuchWallet, IdempotencyMismatch.
    """
    return Posting.of(await call(session, "ledger_post", Attempt(key, recipe.request()), new_id()))


async def revert(
    session: WriteSession, transaction_id: UUID, *, actor_id: UUID | None, key: Key
) -> Posting:
    """Undo a transaction with its mirror. Once, and of an order the last first.

    Raises NoSuchTransaction, NotReversible, AlreadyReversed, NotTheLast,
    InsufficientFunds, AccountFrozen, BalanceTooLarge, IdempotencyMismatch.
    """
    request = {
        "kind": PostingKind.REVERSAL.value,
        "actor_id": text_of(actor_id),
        "reverses_id": str(transaction_id),
    }
    return Posting.of(await call(session, "ledger_revert", Attempt(key, request), new_id()))


async def refund_released(
    session: WriteSession, *, order_id: UUID, amount_azr: Decimal, actor_id: UUID | None, key: Key
) -> Posting:
    """Give back some of what a buyer paid, after the seller was paid.

    The commission comes back in proportion to all that was refunded so far, half to even, and the
    seller pays the rest: refunding everything returns all of it. Raises InvalidAmount, NotReleased,
    RefundTooLarge, InsufficientFunds (the seller's), AccountFrozen, BalanceTooLarge,
    IdempotencyMismatch.
    """
    request = {
        "kind": PostingKind.REFUND_RELEASED.value,
        "actor_id": text_of(actor_id),
        "reference_kind": "order",
        "reference_id": str(order_id),
        "amount": f"{exact_azr(amount_azr):.8f}",
    }
    answer = await call(session, "ledger_refund_released", Attempt(key, request), new_id())
    return Posting.of(answer)
