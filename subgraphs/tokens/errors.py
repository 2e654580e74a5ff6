"""Refusals about AZR."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from core.validation import InvalidInput
from services.tokens.adjustments import AdjustmentDecided, AdjustmentNotFound, AnotherAdminNeeded
from services.tokens.freezing import WalletNotFound
from services.tokens.recipients import RecipientNotFound, TooManyLookups
from services.tokens.shortfalls import SettlementTooLarge, ShortfallNotFound
from services.tokens.transfers import TransferLimit
from subgraphs.shared.errors import InvalidInputError, Refusals, UserError
from subgraphs.shared.money import (
    MONEY_REFUSALS,
    AccountFrozenError,
    BalanceTooLargeError,
    IdempotencyMismatchError,
    InsufficientFundsError,
    PaymentToOneselfError,
)
from subgraphs.shared.scalars import AZR
from subgraphs.tokens.enums import AdjustmentState
from subgraphs.tokens.payloads import (
    ApproveAdjustmentPayload,
    FreezeWalletPayload,
    PostTokenPricePayload,
    ProposeAdjustmentPayload,
    ProposeAdjustmentsPayload,
    RejectAdjustmentPayload,
    TransferPreview,
    TransferTokensPayload,
)


@strawberry.type(description="Nobody has this handle, e-mail address or id.")
class RecipientNotFoundError(UserError):
    """RecipientNotFound, as clients see it."""


@strawberry.type(description="The viewer asked about too many e-mail addresses within the hour.")
class TooManyLookupsError(UserError):
    """TooManyLookups, as clients see it."""

    retry_at: datetime = strawberry.field(description="When the viewer may go on.")

    @classmethod
    def facts(cls, error: TooManyLookups) -> dict[str, Any]:
        """The end of the wait."""
        return {"retry_at": error.retry_at}


@strawberry.type(description="The sender's plan does not allow sending so much on one day (UTC).")
class TransferLimitError(UserError):
    """TransferLimit, as clients see it."""

    limit: AZR = strawberry.field(description="What the plan allows a day.")
    used: AZR = strawberry.field(description="What was sent today.")
    resets_at: datetime = strawberry.field(description="When the next day begins.")

    @classmethod
    def facts(cls, error: TransferLimit) -> dict[str, Any]:
        """The allowance."""
        allowance = error.allowance
        return {
            "limit": AZR(allowance.day_max_azr),
            "used": AZR(allowance.sent_azr),
            "resets_at": allowance.resets_at,
        }


@strawberry.type(description="No person has this id.")
class WalletNotFoundError(UserError):
    """WalletNotFound, as clients see it."""


@strawberry.type(description="No adjustment has this id.")
class AdjustmentNotFoundError(UserError):
    """AdjustmentNotFound, as clients see it."""


@strawberry.type(description="Somebody decided on this adjustment before.")
class AdjustmentDecidedError(UserError):
    """AdjustmentDecided, as clients see it."""

    state: AdjustmentState = strawberry.field(description="How it was decided.")

    @classmethod
    def facts(cls, error: AdjustmentDecided) -> dict[str, Any]:
        """The decision."""
        return {"state": error.state}


@strawberry.type(description="No shortfall has this id.")
class ShortfallNotFoundError(UserError):
    """ShortfallNotFound, as clients see it."""


@strawberry.type(description="Less than this is left to settle of the shortfall.")
class SettlementTooLargeError(UserError):
    """SettlementTooLarge, as clients see it."""

    available: AZR = strawberry.field(description="What is left of it.")
    required: AZR = strawberry.field(description="What this would settle.")

    @classmethod
    def facts(cls, error: SettlementTooLarge) -> dict[str, Any]:
        """What is left, and what was asked for."""
        return {"available": AZR(error.available_azr), "required": AZR(error.required_azr)}


@strawberry.type(description="Neither its proposer nor the owner of the wallet approves it.")
class AnotherAdminNeededError(UserError):
    """AnotherAdminNeeded, as clients see it."""


REFUSALS: Refusals = {
    **MONEY_REFUSALS,
    InvalidInput: InvalidInputError,
    RecipientNotFound: RecipientNotFoundError,
    TooManyLookups: TooManyLookupsError,
    TransferLimit: TransferLimitError,
    WalletNotFound: WalletNotFoundError,
    AdjustmentNotFound: AdjustmentNotFoundError,
    AdjustmentDecided: AdjustmentDecidedError,
    AnotherAdminNeeded: AnotherAdminNeededError,
    ShortfallNotFound: ShortfallNotFoundError,
    SettlementTooLarge: SettlementTooLargeError,
}

PreviewTransferResult = Annotated[
    TransferPreview
    | RecipientNotFoundError
    | TooManyLookupsError
    | PaymentToOneselfError
    | TransferLimitError
    | InsufficientFundsError
    | AccountFrozenError
    | InvalidInputError,
    strawberry.union(
        "PreviewTransferResult", description="What a transfer would do, or why it would not."
    ),
]
TransferTokensResult = Annotated[
    TransferTokensPayload
    | RecipientNotFoundError
    | TooManyLookupsError
    | PaymentToOneselfError
    | TransferLimitError
    | InsufficientFundsError
    | AccountFrozenError
    | BalanceTooLargeError
    | IdempotencyMismatchError
    | InvalidInputError,
    strawberry.union("TransferTokensResult", description="The transfer, or why there is none."),
]
PostTokenPriceResult = Annotated[
    PostTokenPricePayload | InvalidInputError,
    strawberry.union("PostTokenPriceResult", description="The new price, or why it is not."),
]
FreezeWalletResult = Annotated[
    FreezeWalletPayload | WalletNotFoundError | InvalidInputError,
    strawberry.union("FreezeWalletResult", description="The wallet, or why it is as it was."),
]
ProposeAdjustmentResult = Annotated[
    ProposeAdjustmentPayload | WalletNotFoundError | IdempotencyMismatchError | InvalidInputError,
    strawberry.union("ProposeAdjustmentResult", description="The proposal, or why not."),
]
ProposeAdjustmentsResult = Annotated[
    ProposeAdjustmentsPayload | IdempotencyMismatchError | InvalidInputError,
    strawberry.union("ProposeAdjustmentsResult", description="The proposals, or why not."),
]
ProposeSettlementResult = Annotated[
    ProposeAdjustmentPayload
    | ShortfallNotFoundError
    | SettlementTooLargeError
    | IdempotencyMismatchError
    | InvalidInputError,
    strawberry.union("ProposeSettlementResult", description="The proposal, or why not."),
]
ApproveAdjustmentResult = Annotated[
    ApproveAdjustmentPayload
    | AdjustmentNotFoundError
    | AdjustmentDecidedError
    | AnotherAdminNeededError
    | SettlementTooLargeError
    | InsufficientFundsError
    | AccountFrozenError
    | BalanceTooLargeError
    | IdempotencyMismatchError
    | InvalidInputError,
    strawberry.union("ApproveAdjustmentResult", description="What was done, or why not."),
]
RejectAdjustmentResult = Annotated[
    RejectAdjustmentPayload | AdjustmentNotFoundError | AdjustmentDecidedError | InvalidInputError,
    strawberry.union("RejectAdjustmentResult", description="What was decided, or why not."),
]
