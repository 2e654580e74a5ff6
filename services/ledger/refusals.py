"""Why the ledger refuses, named as facts. A refusal changes nothing, and its key remembers it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.errors import DomainError
from services.ledger.keys import Attempt


class PostingRefused(DomainError):
    """The ledger does not allow it. `facts` are what it was decided on.

    `attempt` is the request whose key is to remember this refusal, if one is.
    """

    sentence = "The ledger does not allow this."
    attempt: Attempt | None = None

    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__(self.sentence)
        self.facts = dict(facts)


class AmountRefused(PostingRefused):
    """Too much was asked for: `required_azr` of `available_azr`."""

    @property
    def available_azr(self) -> Decimal:
        return Decimal(self.facts["available"])

    @property
    def required_azr(self) -> Decimal:
        return Decimal(self.facts["required"])


class AccountRefused(AmountRefused):
    """An account does not allow it. `owner_id` is a person or an order; `None` for our own."""

    @property
    def account(self) -> str:
        return str(self.facts["account"])

    @property
    def owner_id(self) -> UUID | None:
        owner = self.facts["owner"]
        return None if owner is None else UUID(owner)


class InsufficientFunds(AccountRefused):
    """An account has less than would leave it, counting what holds set aside."""

    code = "INSUFFICIENT_FUNDS"
    sentence = "There is not enough AZR for this."


class AccountFrozen(AccountRefused):
    """Nothing leaves this wallet at the moment."""

    code = "ACCOUNT_FROZEN"
    sentence = "This wallet is frozen. Ask support why."


class BalanceTooLarge(AccountRefused):
    """A wallet holds at most 9999999999.99999999 AZR."""

    code = "BALANCE_TOO_LARGE"
    sentence = "The recipient's wallet cannot hold so much AZR."


class EscrowLeft(AccountRefused):
    """An order is released or refunded as a whole."""

    code = "ESCROW_LEFT"
    sentence = "The order's escrow holds another amount."


class AlreadyPosted(PostingRefused):
    """This happens once: to an order, a listing or an event."""

    code = "ALREADY_POSTED"
    sentence = "This has been posted before."

    @property
    def transaction_id(self) -> UUID:
        """The earlier transaction."""
        return UUID(self.facts["transaction_id"])


class AlreadyReversed(AlreadyPosted):
    """A transaction is reversed once."""

    code = "ALREADY_REVERSED"
    sentence = "This transaction has been reversed before."


class NotTheLast(AlreadyPosted):
    """Of an order, the last transaction is reversed first."""

    code = "NOT_THE_LAST"
    sentence = "Something was posted for the same order since. Reverse that first."


class IdempotencyMismatch(PostingRefused):
    """The idempotency key belongs to another request."""

    code = "IDEMPOTENCY_MISMATCH"
    sentence = "This idempotency key was used for another request. Make a new one."


class NoSuchWallet(PostingRefused):
    """No person has this id, or no AZR ever reached them."""

    code = "NO_SUCH_WALLET"
    sentence = "There is no such wallet."


class NoSuchTransaction(PostingRefused):
    """No transaction of the ledger has this id."""

    code = "NO_SUCH_TRANSACTION"
    sentence = "There is no such transaction."


class NotReversible(PostingRefused):
    """A reversal is final; what it undid is posted anew."""

    code = "NOT_REVERSIBLE"
    sentence = "A reversal cannot be reversed."


class NotReleased(PostingRefused):
    """Only what the seller received can be given back."""

    code = "NOT_RELEASED"
    sentence = "The seller has not been paid for this order."


class RefundTooLarge(AmountRefused):
    """More would be refunded than was paid."""

    code = "REFUND_TOO_LARGE"
    sentence = "Not so much is left to refund."


class NoSuchHold(PostingRefused):
    """No hold has this id."""

    code = "NO_SUCH_HOLD"
    sentence = "There is no such hold."


class HoldEnded(PostingRefused):
    """The hold was captured, voided or has expired: `state` says which."""

    code = "HOLD_ENDED"
    sentence = "This hold has ended."

    @property
    def state(self) -> str:
        return str(self.facts["state"])


class CaptureTooLarge(AmountRefused):
    """More would be charged than was set aside."""

    code = "CAPTURE_TOO_LARGE"
    sentence = "Not so much was set aside."


def refusal_of(code: str, facts: Mapping[str, Any]) -> PostingRefused:
    """The refusal that PostgreSQL names. Raises KeyError for a code of which nothing is known."""
    return _BY_CODE[code](facts)


_BY_CODE: dict[str, type[PostingRefused]] = {
    refusal.code: refusal
    for refusal in (
        InsufficientFunds,
        AccountFrozen,
        BalanceTooLarge,
        EscrowLeft,
        AlreadyPosted,
        AlreadyReversed,
        NotTheLast,
        IdempotencyMismatch,
        NoSuchWallet,
        NoSuchTransaction,
        NotReversible,
        NotReleased,
        RefundTooLarge,
        NoSuchHold,
        HoldEnded,
        CaptureTooLarge,
    )
}
