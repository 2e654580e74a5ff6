"""Stored enums that clients see too: declared here, before any annotation names them."""

import strawberry

from models.tables import TransactionStatus, TransactionType

__all__ = ["TransactionStatus", "TransactionType"]

strawberry.enum(TransactionStatus, description="How far a movement has come.")
strawberry.enum(TransactionType, description="Why AZR moved.")
