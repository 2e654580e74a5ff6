"""The ledger in a hundred lines of dictionaries: what it should answer, one request at a time.

Amounts are whole numbers of 1e-8 AZR. Written from the design, not from the SQL.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

AZR = 10**8
WALLET_MAX = 10**18 - 1
POOL, MINT, COMMISSION, FEES, AI = ("pool", "mint", "commission", "listing_fee", "ai_revenue")
PLANS, SUSPENSE, BAD_DEBT = ("plan_revenue", "suspense", "bad_debt")
# What is taken from a frozen wallet too.
FROM_FROZEN = {"take_back", "recovery", "adjustment"}


class Refused(Exception):
    """The code, and what was available where funds decide."""

    def __init__(self, code: str, available: int | None = None) -> None:
        super().__init__(code)
        self.answer = (code, available)


@dataclass
class Sale:
    """An order: what it cost, and what of it went back after release."""

    buyer: str
    seller: str
    price: int
    refunded: int = 0
    returned: int = 0


@dataclass
class Moved:
    """A transaction: what it moved, for which order, and whether it was undone."""

    kind: str
    moves: dict[str, int]
    order: str | None
    is_undone: bool = False


@dataclass
class Held:
    owner: str
    amount: int
    state: str = "pending"


@dataclass
class Model:
    """Accounts are people by name, orders as `order:...`, and our own."""

    balances: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    frozen: set[str] = field(default_factory=set)
    posted: list[Moved] = field(default_factory=list)
    once: set[tuple[str, str]] = field(default_factory=set)
    orders: dict[str, Sale] = field(default_factory=dict)
    holds: list[Held] = field(default_factory=list)

    def available(self, account: str) -> int:
        held = sum(
            each.amount for each in self.holds if each.owner == account and each.state == "pending"
        )
        return self.balances[account] - held

    def post(self, kind: str, moves: dict[str, int], *, order=None, once=None) -> None:
        if once is not None and (kind, once) in self.once:
            raise Refused("ALREADY_POSTED")
        for account, amount in moves.items():
            self._decide(kind, account, amount)
        for account, amount in moves.items():
            self.balances[account] += amount
        self.once.add((kind, once))
        self.posted.append(Moved(kind, moves, order))

    def _decide(self, kind: str, account: str, amount: int) -> None:
        if account in {MINT, COMMISSION, FEES, AI, PLANS, SUSPENSE, BAD_DEBT}:
            return
        if amount < 0 and account in self.frozen and kind not in FROM_FROZEN:
            raise Refused("ACCOUNT_FROZEN")
        if self.available(account) + amount < 0:
            raise Refused("INSUFFICIENT_FUNDS", self.available(account))
        is_wallet = not account.startswith("order:") and account != POOL
        if is_wallet and self.balances[account] + amount > WALLET_MAX:
            raise Refused("BALANCE_TOO_LARGE")
        settles = kind in {"release", "refund", "settlement"} and account.startswith("order:")
        if settles and self.balances[account] + amount:
            raise Refused("ESCROW_LEFT")

    def purchase(self, order: str, sale: Sale) -> None:
        moves = {sale.buyer: -sale.price, f"order:{order}": sale.price}
        self.post("purchase", moves, order=order, once=order)
        self.orders[order] = sale

    def release(self, order: str, sale: Sale) -> None:
        commission = share(sale.price, 15, 100)
        moves = {
            f"order:{order}": -sale.price,
            sale.seller: sale.price - commission,
            COMMISSION: commission,
        }
        self.post("release", moves, order=order, once=order)

    def refund(self, order: str, sale: Sale) -> None:
        moves = {f"order:{order}": -sale.price, sale.buyer: sale.price}
        self.post("refund", moves, order=order, once=order)

    def settle(self, order: str, sale: Sale, refund: int) -> None:
        commission = share(sale.price - refund, 15, 100)
        moves = {
            f"order:{order}": -sale.price,
            sale.buyer: refund,
            sale.seller: sale.price - refund - commission,
            COMMISSION: commission,
        }
        self.post("settlement", moves, order=order, once=order)

    def refund_released(self, order: str, amount: int) -> None:
        if not any(
            each.kind == "release" and each.order == order and not each.is_undone
            for each in self.posted
        ):
            raise Refused("NOT_RELEASED")
        sale = self.orders[order]
        if sale.refunded + amount > sale.price:
            raise Refused("REFUND_TOO_LARGE", sale.price - sale.refunded)
        whole = share(sale.price, 15, 100)
        part = share(whole, sale.refunded + amount, sale.price) - sale.returned
        moves = {sale.seller: part - amount, COMMISSION: -part, sale.buyer: amount}
        moves = {account: azr for account, azr in moves.items() if azr}
        self.post("refund_released", moves, order=order)
        sale.refunded += amount
        sale.returned += part

    def revert(self, number: int) -> None:
        original = self.posted[number]
        if original.kind == "reversal":
            raise Refused("NOT_REVERSIBLE")
        if original.is_undone:
            raise Refused("ALREADY_REVERSED")
        later = self.posted[number + 1 :]
        if original.order is not None and any(
            each.order == original.order and each.kind != "reversal" and not each.is_undone
            for each in later
        ):
            raise Refused("NOT_THE_LAST")
        mirror = {account: -amount for account, amount in original.moves.items()}
        self.post("reversal", mirror, order=original.order)
        original.is_undone = True
        if original.kind == "refund_released":
            sale = self.orders[original.order]
            sale.refunded -= original.moves[sale.buyer]
            sale.returned += original.moves.get(COMMISSION, 0)

    def reserve(self, owner: str, amount: int) -> None:
        self._decide("hold", owner, -amount)
        self.holds.append(Held(owner, amount))

    def capture(self, number: int, amount: int) -> None:
        hold = self._pending(number)
        if amount > hold.amount:
            raise Refused("CAPTURE_TOO_LARGE", hold.amount)
        hold.state = "captured"
        try:
            self.post("ai_usage", {hold.owner: -amount, AI: amount})
        except Refused:
            hold.state = "pending"
            raise

    def void(self, number: int) -> None:
        self._pending(number).state = "voided"

    def _pending(self, number: int) -> Held:
        hold = self.holds[number]
        if hold.state != "pending":
            raise Refused("HOLD_ENDED")
        return hold


def share(whole: int, part: int, total: int) -> int:
    """Half to even, as Python rounds fractions."""
    return round(Fraction(whole * part, total))
