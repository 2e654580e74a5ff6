"""What admins do to wallets, and what is written down of everything that they do."""

# pyright: reportAssignmentType=false
# SQLModel declares `__tablename__` as SQLAlchemy's descriptor; a plain name is what it reads.

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from core.ids import new_id
from models.base import azr_column, enum_check, moment_column


class AdjustmentKind(StrEnum):
    """What an adjustment does: new AZR, less AZR, or a correction in either direction.

    The others settle what is in suspense: the person pays it, or the platform bears it.
    """

    MINT = "mint"
    BURN = "burn"
    ADJUST = "adjust"
    RECOVER = "recover"
    WRITE_OFF = "write_off"


class AdjustmentState(StrEnum):
    """How far an adjustment has come."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class Adjustment(SQLModel, table=True):
    """A change of a wallet that one admin proposes and another one approves or rejects.

    `amount` is above zero, but for corrections that take AZR away. `return_id` is what it settles.
    """

    __tablename__ = "adjustments"
    __table_args__ = (
        enum_check("kind", AdjustmentKind),
        enum_check("state", AdjustmentState),
        CheckConstraint(
            "amount BETWEEN CASE kind WHEN 'adjust' THEN -9999999999.99999999 ELSE 0 END"
            " AND 9999999999.99999999 AND amount <> 0",
            name="amount_range",
        ),
        CheckConstraint(
            "(kind IN ('recover', 'write_off')) = (return_id IS NOT NULL)", name="return_known"
        ),
        CheckConstraint(
            "(state = 'proposed') = (decider_id IS NULL)"
            " AND (decider_id IS NULL) = (decided_at IS NULL)"
            " AND (state = 'approved') = (ledger_transaction_id IS NOT NULL)"
            " AND (state = 'rejected') = (rejection_reason IS NOT NULL)",
            name="decision_whole",
        ),
        CheckConstraint(
            "state <> 'approved' OR decider_id NOT IN (proposer_id, user_id)", name="two_admins"
        ),
        UniqueConstraint("proposer_id", "idempotency_key", name="uq_adjustments_key"),
        Index("ix_adjustments_newest", "created_at", "id"),
        Index("ix_adjustments_state", "state", "created_at", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), nullable=False))
    kind: str = Field(sa_column=Column(String(10), nullable=False))
    amount: Decimal = Field(sa_column=azr_column("amount", nullable=False))
    return_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("payment_returns.id"), nullable=True)
    )
    reason: str = Field(sa_column=Column(String(500), nullable=False))
    state: str = Field(
        default=AdjustmentState.PROPOSED.value, sa_column=Column(String(10), nullable=False)
    )
    proposer_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), nullable=False))
    idempotency_key: str = Field(sa_column=Column(String(64), nullable=False))
    decider_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("users.id"), nullable=True)
    )
    decided_at: datetime | None = Field(
        default=None, sa_column=moment_column("decided_at", nullable=True)
    )
    rejection_reason: str | None = Field(default=None, sa_column=Column(String(500), nullable=True))
    ledger_transaction_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("ledger_transactions.id"), nullable=True)
    )
    created_at: datetime = Field(sa_column=moment_column("created_at"))


class AuditEvent(SQLModel, table=True):
    """What an admin did, to what, and why. Only appended to: PostgreSQL refuses the rest.

    Without foreign keys, so that it outlives what it is about.
    """

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_newest", "created_at", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    actor_id: UUID = Field(sa_column=Column(Uuid(), nullable=False))
    action: str = Field(sa_column=Column(String(50), nullable=False))
    subject_kind: str = Field(sa_column=Column(String(20), nullable=False))
    subject_id: UUID = Field(sa_column=Column(Uuid(), nullable=False))
    facts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    request_id: str = Field(sa_column=Column(String(100), nullable=False))
    created_at: datetime = Field(sa_column=moment_column("created_at"))
