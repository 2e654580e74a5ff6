"""What every mutation that moves AZR has in common: its key, and how the ledger refuses."""

from typing import Any

import strawberry
from strawberry import federation

from resolvers.context import Context
from services.ledger import (
    AccountFrozen,
    BalanceTooLarge,
    IdempotencyMismatch,
    InsufficientFunds,
    InvalidKey,
    PaymentToOneself,
)
from subgraphs.shared.errors import InvalidInputError, Refusals, UserError
from subgraphs.shared.scalars import AZR

IDEMPOTENCY_KEY = (
    "Made by the client for this request, and sent again with each retry of it: 8 to 64 letters,"
    " digits, `_` and `-`, such as a UUID. A retry happens once."
)
REPLAYED = (b"idempotency-replayed", b"true")
IS_REPLAY = "Whether an earlier request with this key did it, and this is its answer once more."


def told_of_replay(context: Context, *, is_replay: bool) -> bool:
    """`is_replay` itself, which the header `Idempotency-Replayed` tells too."""
    if is_replay and REPLAYED not in context.response_headers:
        context.response_headers.append(REPLAYED)
    return is_replay


@federation.type(shareable=True, description="The wallet has less AZR than this takes.")
class InsufficientFundsError(UserError):
    """InsufficientFunds, as clients see it."""

    available: AZR = strawberry.field(description="What the wallet has, less what is set aside.")
    required: AZR = strawberry.field(description="What this takes.")

    @classmethod
    def facts(cls, error: InsufficientFunds) -> dict[str, Any]:
        """What was there, and what was asked for."""
        return {"available": AZR(error.available_azr), "required": AZR(error.required_azr)}


@federation.type(shareable=True, description="The idempotency key was used for another request.")
class IdempotencyMismatchError(UserError):
    """IdempotencyMismatch, as clients see it."""


@federation.type(shareable=True, description="The wallet is frozen: nothing leaves it.")
class AccountFrozenError(UserError):
    """AccountFrozen, as clients see it."""


@federation.type(shareable=True, description="The recipient's wallet cannot hold so much AZR.")
class BalanceTooLargeError(UserError):
    """BalanceTooLarge, as clients see it."""


@federation.type(shareable=True, description="Whoever pays and whoever is paid are two people.")
class PaymentToOneselfError(UserError):
    """PaymentToOneself, as clients see it."""


MONEY_REFUSALS: Refusals = {
    InvalidKey: InvalidInputError,
    InsufficientFunds: InsufficientFundsError,
    IdempotencyMismatch: IdempotencyMismatchError,
    AccountFrozen: AccountFrozenError,
    BalanceTooLarge: BalanceTooLargeError,
    PaymentToOneself: PaymentToOneselfError,
}
