"""Stored enums that clients see too: declared here, before any annotation names them."""

from enum import StrEnum

import strawberry

from models.tables import (
    AdjustmentKind,
    AdjustmentState,
    PaymentPurpose,
    PaymentState,
    PayWith,
    Plan,
    ProviderName,
    SubscriptionState,
    TransactionDirection,
    TransactionStatus,
    TransactionType,
)

__all__ = [
    "AdjustmentKind",
    "AdjustmentState",
    "PayWith",
    "PaymentPurpose",
    "PaymentState",
    "Plan",
    "ProviderName",
    "SettlementKind",
    "SubscriptionState",
    "TransactionDirection",
    "TransactionStatus",
    "TransactionType",
]

strawberry.enum(
    AdjustmentKind,
    description="New AZR, less AZR, a correction by hand, or how a shortfall is settled.",
)


@strawberry.enum(description="Who bears a shortfall: the person, or the platform.")
class SettlementKind(StrEnum):
    """The kinds of adjustments that settle."""

    RECOVER = AdjustmentKind.RECOVER.value
    WRITE_OFF = AdjustmentKind.WRITE_OFF.value


strawberry.enum(AdjustmentState, description="How far an adjustment has come.")
strawberry.enum(TransactionDirection, description="Whether AZR came in or went out.")
strawberry.enum(TransactionStatus, description="How far a movement has come.")
strawberry.enum(TransactionType, description="Why AZR moved.")
strawberry.enum(
    ProviderName,
    name="PaymentProvider",
    description="Who takes the money. `LOCAL` is for development and takes none.",
)
strawberry.enum(PaymentPurpose, description="What a payment buys.")
strawberry.enum(
    PaymentState,
    description="How far a payment has come. One that was partly refunded is still paid.",
)
strawberry.enum(Plan, description="What a person subscribes to.")
strawberry.enum(
    PayWith,
    description="How a plan is paid for. One by `AGREEMENT` is granted until a date, by an admin.",
)
strawberry.enum(
    SubscriptionState,
    name="PlanState",
    description="Whether a plan is paid for. One that is past due is still had, for a week.",
)
