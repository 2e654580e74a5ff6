"""Stored enums that clients see too: declared here, before any annotation names them."""

import strawberry

from models.tables import (
    AdjustmentKind,
    AdjustmentState,
    TransactionDirection,
    TransactionStatus,
    TransactionType,
)

__all__ = [
    "AdjustmentKind",
    "AdjustmentState",
    "TransactionDirection",
    "TransactionStatus",
    "TransactionType",
]

strawberry.enum(AdjustmentKind, description="New AZR, less AZR, or a correction by hand.")
strawberry.enum(AdjustmentState, description="How far an adjustment has come.")
strawberry.enum(TransactionDirection, description="Whether AZR came in or went out.")
strawberry.enum(TransactionStatus, description="How far a movement has come.")
strawberry.enum(TransactionType, description="Why AZR moved.")
