"""What the local provider knows: sales, and what became of them. In memory, and bounded.

Cards that are kept are not remembered: whether one pays stands in its name, so it outlives a
restart.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SALES_MAX = 10_000
GOOD_CARD, BAD_CARD = "pm_card_good", "pm_card_declined"


class SaleState(StrEnum):
    """How far a sale has come."""

    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"


class Wire(StrEnum):
    """Whose wire format a sale was asked for in."""

    STRIPE = "stripe"
    PAYSTACK = "paystack"


@dataclass(slots=True)
class Return:
    """A refund or a dispute. Amounts in cents."""

    id: str
    amount: int
    status: str


@dataclass(slots=True)
class Sale:
    """Something to be paid for, in cents. `our_id` is what the seller calls it."""

    id: str
    wire: Wire
    our_id: str
    amount: int
    currency: str
    email: str
    description: str
    return_url: str
    keeps_card: bool
    state: SaleState = SaleState.OPEN
    card: str | None = None
    refunds: list[Return] = field(default_factory=list)
    dispute: Return | None = None

    @property
    def charge_id(self) -> str:
        """What the payment is called, as opposed to the page."""
        return f"pi_{self.id}"

    @property
    def customer_id(self) -> str:
        """What the person is called."""
        return f"cus_{self.id}"

    @property
    def left(self) -> int:
        """What has not been refunded."""
        return self.amount - sum(each.amount for each in self.refunds)


class NotPossible(Exception):
    """A sale is not in a state for this."""


class Sales:
    """Every sale, by the provider's id and by the seller's."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._by_id: dict[str, Sale] = {}

    def add(self, sale: Sale) -> Sale:
        """Remember a sale, and forget the oldest of too many."""
        self._by_id[sale.id] = sale
        if len(self._by_id) > SALES_MAX:
            del self._by_id[next(iter(self._by_id))]
        return sale

    def get(self, id_: str) -> Sale | None:
        """The sale that the provider calls so."""
        return self._by_id.get(id_)

    def of_seller(self, our_id: str) -> Sale | None:
        """The sale that the seller calls so: the newest, if several."""
        found = (each for each in reversed(self._by_id.values()) if each.our_id == our_id)
        return next(found, None)


def pay(sale: Sale, card: str = GOOD_CARD) -> None:
    """Pay an open sale. Raises NotPossible."""
    _require(sale.state is SaleState.OPEN)
    sale.card = card
    sale.state = SaleState.FAILED if card.startswith(BAD_CARD) else SaleState.PAID


def decline(sale: Sale) -> None:
    """Let an open sale fail for good. Raises NotPossible."""
    _require(sale.state is SaleState.OPEN)
    sale.state = SaleState.FAILED


def refund(sale: Sale, amount: int) -> Return:
    """Give back a part of what was paid. Raises NotPossible."""
    _require(sale.state is SaleState.PAID and 0 < amount <= sale.left)
    sale.refunds.append(Return(fresh_id("re"), amount, "succeeded"))
    return sale.refunds[-1]


def dispute(sale: Sale) -> None:
    """The person's bank takes the money back. Raises NotPossible."""
    _require(sale.state is SaleState.PAID and sale.dispute is None and sale.left > 0)
    sale.dispute = Return(fresh_id("dp"), sale.left, "needs_response")


def close_dispute(sale: Sale, *, is_won: bool) -> None:
    """The bank decides. Raises NotPossible."""
    _require(sale.dispute is not None and sale.dispute.status == "needs_response")
    if sale.dispute is not None:
        sale.dispute.status = "won" if is_won else "lost"


def fresh_id(prefix: str) -> str:
    """An id that nothing else has."""
    return f"{prefix}_{secrets.token_hex(12)}"


def _require(is_possible: bool) -> None:
    if not is_possible:
        raise NotPossible
