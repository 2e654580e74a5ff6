"""What each kind of transaction moves. The legs of a recipe sum to zero, debits first.

PostgreSQL knows the shape of each kind and refuses another (`ledger_shape` in `migrations/sql`).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.errors import DomainError
from core.money import exact_azr, share_azr
from models.tables import AccountKind, PostingKind

# Blueprint 9.1. A price of at most 6 decimals makes 15 % of it exact with 8.
COMMISSION_RATE = Decimal("0.15")
PRICE_PLACES_MAX = 6
LISTING_FEE_AZR = Decimal(10)


class PaymentToOneself(DomainError):
    """Whoever pays and whoever is paid are two people."""

    code = "PAYMENT_TO_ONESELF"

    def __init__(self) -> None:
        super().__init__("Choose somebody else: nobody pays themselves.")


@dataclass(frozen=True, slots=True)
class Leg:
    """What one account receives, or pays if `amount` is negative.

    `counterparty_id` is the person whom the statement names as the other side.
    """

    account: AccountKind
    amount: Decimal
    owner_id: UUID | None = None
    counterparty_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """What a posting is for: at most one of its kind is made for it."""

    kind: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Recipe:
    """One transaction: its legs, who caused it, what it is for, and a word for the statements."""

    kind: PostingKind
    legs: tuple[Leg, ...]
    actor_id: UUID | None = None
    reference: Reference | None = None
    memo: str | None = None

    def request(self) -> dict[str, Any]:
        """What PostgreSQL posts, and remembers by its hash."""
        return {
            "kind": self.kind.value,
            "actor_id": text_of(self.actor_id),
            "reference_kind": None if self.reference is None else self.reference.kind,
            "reference_id": None if self.reference is None else str(self.reference.id),
            # Left out where there is none: keys remember requests by all that is in them.
            **({} if self.memo is None else {"memo": self.memo}),
            "legs": [
                {
                    "account": leg.account.value,
                    "owner": text_of(leg.owner_id),
                    "amount": f"{leg.amount:.8f}",
                    "counterparty": text_of(leg.counterparty_id),
                }
                for leg in self.legs
            ],
        }


def text_of(id_: UUID | None) -> str | None:
    """An id as JSON has it."""
    return None if id_ is None else str(id_)


def id_of(text: str | None) -> UUID | None:
    """An id from JSON."""
    return None if text is None else UUID(text)


def commission_of(price_azr: Decimal) -> Decimal:
    """15 % of a price."""
    return share_azr(price_azr, COMMISSION_RATE)


def transfer(
    *, sender_id: UUID, recipient_id: UUID, amount_azr: Decimal, memo: str | None = None
) -> Recipe:
    """From one person to another. Raises PaymentToOneself, InvalidAmount."""
    if sender_id == recipient_id:
        raise PaymentToOneself
    amount = exact_azr(amount_azr)
    return Recipe(
        PostingKind.TRANSFER,
        (
            Leg(AccountKind.WALLET, -amount, sender_id, recipient_id),
            Leg(AccountKind.WALLET, amount, recipient_id, sender_id),
        ),
        actor_id=sender_id,
        memo=memo,
    )


def open_escrow(*, order_id: UUID, buyer_id: UUID, seller_id: UUID, price_azr: Decimal) -> Recipe:
    """The buyer pays; the order's escrow holds it. Once for each order.

    Raises PaymentToOneself, InvalidAmount.
    """
    if buyer_id == seller_id:
        raise PaymentToOneself
    price = _price(price_azr)
    return _of_order(
        PostingKind.PURCHASE,
        order_id,
        Leg(AccountKind.WALLET, -price, buyer_id, seller_id),
        Leg(AccountKind.ORDER_ESCROW, price, order_id),
        actor_id=buyer_id,
    )


def release_escrow(
    *, order_id: UUID, buyer_id: UUID, seller_id: UUID, price_azr: Decimal, actor_id: UUID | None
) -> Recipe:
    """The seller receives the price less 15 %, and the escrow is empty. Raises InvalidAmount."""
    price = _price(price_azr)
    commission = commission_of(price)
    return _of_order(
        PostingKind.RELEASE,
        order_id,
        Leg(AccountKind.ORDER_ESCROW, -price, order_id),
        Leg(AccountKind.WALLET, price - commission, seller_id, buyer_id),
        Leg(AccountKind.COMMISSION, commission),
        actor_id=actor_id,
    )


def refund_escrow(
    *, order_id: UUID, buyer_id: UUID, seller_id: UUID, price_azr: Decimal, actor_id: UUID | None
) -> Recipe:
    """The buyer gets everything back before the seller had anything. Raises InvalidAmount."""
    price = _price(price_azr)
    return _of_order(
        PostingKind.REFUND,
        order_id,
        Leg(AccountKind.ORDER_ESCROW, -price, order_id),
        Leg(AccountKind.WALLET, price, buyer_id, seller_id),
        actor_id=actor_id,
    )


def settle_escrow(
    *,
    order_id: UUID,
    buyer_id: UUID,
    seller_id: UUID,
    price_azr: Decimal,
    refund_azr: Decimal,
    actor_id: UUID | None,
) -> Recipe:
    """The buyer gets a part of the price back, and the seller the rest less 15 % of it.

    A part is less than the price, with at most 6 decimals. Raises InvalidAmount.
    """
    price, refund = _price(price_azr), _price(refund_azr)
    commission = commission_of(price - refund)
    return _of_order(
        PostingKind.SETTLEMENT,
        order_id,
        Leg(AccountKind.ORDER_ESCROW, -price, order_id),
        Leg(AccountKind.WALLET, refund, buyer_id, seller_id),
        Leg(AccountKind.WALLET, exact_azr(price - refund) - commission, seller_id, buyer_id),
        Leg(AccountKind.COMMISSION, commission),
        actor_id=actor_id,
    )


def pay_listing_fee(*, service_id: UUID, seller_id: UUID) -> Recipe:
    """10 AZR for publishing a listing, once."""
    return Recipe(
        PostingKind.LISTING_FEE,
        (
            Leg(AccountKind.WALLET, -LISTING_FEE_AZR, seller_id),
            Leg(AccountKind.LISTING_FEE, LISTING_FEE_AZR),
        ),
        actor_id=seller_id,
        reference=Reference("service", service_id),
    )


def pay_plan(*, user_id: UUID, amount_azr: Decimal, period_id: UUID) -> Recipe:
    """A person pays for one period of a plan, once. Raises InvalidAmount."""
    amount = exact_azr(amount_azr)
    legs = (Leg(AccountKind.WALLET, -amount, user_id), Leg(AccountKind.PLAN_REVENUE, amount))
    return Recipe(
        PostingKind.PLAN, legs, actor_id=user_id, reference=Reference("plan_period", period_id)
    )


def fund_rewards(*, amount_azr: Decimal, actor_id: UUID | None) -> Recipe:
    """New AZR for the reward pool. Raises InvalidAmount."""
    amount = exact_azr(amount_azr)
    legs = (Leg(AccountKind.MINT, -amount), Leg(AccountKind.REWARD_POOL, amount))
    return Recipe(PostingKind.FUND_REWARDS, legs, actor_id=actor_id)


def reward(*, user_id: UUID, event_id: UUID, amount_azr: Decimal) -> Recipe:
    """From the pool to a person, once for each event. Raises InvalidAmount.

    `event_id` stands for person, rule and event together.
    """
    amount = exact_azr(amount_azr)
    return Recipe(
        PostingKind.REWARD,
        (Leg(AccountKind.REWARD_POOL, -amount), Leg(AccountKind.WALLET, amount, user_id)),
        reference=Reference("reward", event_id),
    )


def mint(
    *,
    user_id: UUID,
    amount_azr: Decimal,
    actor_id: UUID | None,
    reference: Reference | None = None,
) -> Recipe:
    """New AZR for a person, who bought it. Raises InvalidAmount."""
    amount = exact_azr(amount_azr)
    legs = (Leg(AccountKind.MINT, -amount), Leg(AccountKind.WALLET, amount, user_id))
    return Recipe(PostingKind.MINT, legs, actor_id=actor_id, reference=reference)


def burn(
    *,
    user_id: UUID,
    amount_azr: Decimal,
    actor_id: UUID | None,
    reference: Reference | None = None,
) -> Recipe:
    """A person's AZR ceases to exist. Raises InvalidAmount."""
    amount = exact_azr(amount_azr)
    legs = (Leg(AccountKind.WALLET, -amount, user_id), Leg(AccountKind.MINT, amount))
    return Recipe(PostingKind.BURN, legs, actor_id=actor_id, reference=reference)


def take_back(
    *, user_id: UUID, amount_azr: Decimal, shortfall_azr: Decimal, reference: Reference
) -> Recipe:
    """AZR whose price was given back ceases to exist, from a frozen wallet too.

    What the person has no more, `shortfall_azr`, is in suspense until somebody settles it. One of
    the two may be 0. Raises InvalidAmount.
    """
    amount = exact_azr(amount_azr + shortfall_azr)
    paid = (
        Leg(AccountKind.WALLET, -amount_azr, user_id),
        Leg(AccountKind.SUSPENSE, -shortfall_azr),
    )
    legs = (*(leg for leg in paid if leg.amount), Leg(AccountKind.MINT, amount))
    return Recipe(PostingKind.TAKE_BACK, legs, reference=reference)


def give_back(
    *,
    user_id: UUID,
    amount_azr: Decimal,
    suspense_azr: Decimal,
    written_off_azr: Decimal,
    reference: Reference,
) -> Recipe:
    """AZR that was taken back comes into being again, where it was taken from in the end.

    `amount_azr` is the person's, taken or recovered. Two of the three may be 0. Raises
    InvalidAmount.
    """
    given = (
        Leg(AccountKind.WALLET, amount_azr, user_id),
        Leg(AccountKind.SUSPENSE, suspense_azr),
        Leg(AccountKind.BAD_DEBT, written_off_azr),
    )
    amount = exact_azr(amount_azr + suspense_azr + written_off_azr)
    legs = (Leg(AccountKind.MINT, -amount), *(leg for leg in given if leg.amount))
    return Recipe(PostingKind.GIVE_BACK, legs, reference=reference)


def recover(*, user_id: UUID, amount_azr: Decimal, actor_id: UUID, reference: Reference) -> Recipe:
    """A person pays what is in suspense because of them, from a frozen wallet too.

    Raises InvalidAmount.
    """
    amount = exact_azr(amount_azr)
    legs = (Leg(AccountKind.WALLET, -amount, user_id), Leg(AccountKind.SUSPENSE, amount))
    return Recipe(PostingKind.RECOVERY, legs, actor_id=actor_id, reference=reference)


def write_off(*, amount_azr: Decimal, actor_id: UUID, reference: Reference) -> Recipe:
    """The platform bears what is in suspense: a loss beside its revenues. Raises InvalidAmount."""
    amount = exact_azr(amount_azr)
    legs = (Leg(AccountKind.BAD_DEBT, -amount), Leg(AccountKind.SUSPENSE, amount))
    return Recipe(PostingKind.WRITE_OFF, legs, actor_id=actor_id, reference=reference)


def adjust(*, user_id: UUID, amount_azr: Decimal, actor_id: UUID, reference: Reference) -> Recipe:
    """Correct a balance by hand: up, or down if the amount is negative. Raises InvalidAmount."""
    amount = exact_azr(abs(amount_azr)).copy_sign(amount_azr)
    wallet, minted = Leg(AccountKind.WALLET, amount, user_id), Leg(AccountKind.MINT, -amount)
    legs = (minted, wallet) if amount > 0 else (wallet, minted)
    return Recipe(PostingKind.ADJUSTMENT, legs, actor_id=actor_id, reference=reference)


def _price(price_azr: Decimal) -> Decimal:
    return exact_azr(price_azr, places_max=PRICE_PLACES_MAX)


def _of_order(kind: PostingKind, order_id: UUID, *legs: Leg, actor_id: UUID | None) -> Recipe:
    return Recipe(kind, legs, actor_id=actor_id, reference=Reference("order", order_id))
