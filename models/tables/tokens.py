"""Each person's statement of AZR, and the posted price of AZR."""

# pyright: reportAssignmentType=false
# SQLModel declares `__tablename__` as SQLAlchemy's descriptor; a plain name is what it reads.

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Numeric, String, Uuid, text
from sqlmodel import Field, SQLModel

from core.ids import new_id
from models.base import (
    azr_check,
    azr_column,
    created_at_column,
    enum_check,
    moment_column,
)


class TransactionType(StrEnum):
    """Why AZR moved. The type also says in which direction."""

    REWARD = "reward"
    TOP_UP = "top_up"
    SALE = "sale"
    TRANSFER_IN = "transfer_in"
    REFUND = "refund"
    SETTLEMENT = "settlement"
    ADJUSTMENT_IN = "adjustment_in"
    PURCHASE = "purchase"
    TRANSFER_OUT = "transfer_out"
    REFUND_PAID = "refund_paid"
    LISTING_FEE = "listing_fee"
    PLAN = "plan"
    AI_USAGE = "ai_usage"
    ADJUSTMENT_OUT = "adjustment_out"
    WITHDRAWAL = "withdrawal"


INCOMING_TYPES = frozenset(
    {
        TransactionType.REWARD,
        TransactionType.TOP_UP,
        TransactionType.SALE,
        TransactionType.TRANSFER_IN,
        TransactionType.REFUND,
        TransactionType.SETTLEMENT,
        TransactionType.ADJUSTMENT_IN,
    }
)


class TransactionDirection(StrEnum):
    """Whether AZR came to the statement's owner or left them."""

    IN = "in"
    OUT = "out"


class TransactionStatus(StrEnum):
    """How far a movement has come."""

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"


class Transaction(SQLModel, table=True):
    """One movement on one person's statement: the blueprint's columns (4.1), then its proof.

    What moved AZR names its ledger transaction, the balance after it, who was on the other side and
    a code for receipts; what is pending or failed moved nothing, and has none of these. `memo` is
    what the payer said of it.
    """

    __tablename__ = "transactions"
    __table_args__ = (
        azr_check("amount"),
        enum_check("type", TransactionType),
        enum_check("status", TransactionStatus),
        Index("ix_transactions_user_newest", "user_id", "created_at", "id"),
        Index(
            "ix_transactions_completed", "created_at", postgresql_where=text("status = 'completed'")
        ),
        Index(
            "uq_transactions_ledger",
            "ledger_transaction_id",
            "user_id",
            unique=True,
            postgresql_where=text("ledger_transaction_id IS NOT NULL"),
        ),
        Index(
            "ix_transactions_receipt",
            "receipt_code",
            postgresql_where=text("receipt_code IS NOT NULL"),
        ),
    )

    id: UUID = Field(
        default_factory=new_id,
        sa_column=Column(Uuid(), primary_key=True, server_default=text("gen_random_uuid()")),
    )
    user_id: UUID | None = Field(default=None, sa_column=Column(ForeignKey("users.id")))
    type: str = Field(sa_column=Column(String(50), nullable=False))
    amount: Decimal = Field(sa_column=azr_column("amount", nullable=False))
    currency: str = Field(
        default="AZR",
        sa_column=Column(String(10), nullable=False, server_default=text("'AZR'")),
    )
    status: str = Field(
        default=TransactionStatus.PENDING.value,
        sa_column=Column(String(20), nullable=False, server_default=text("'pending'")),
    )
    created_at: datetime = Field(sa_column=created_at_column())

    ledger_transaction_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("ledger_transactions.id"), nullable=True)
    )
    balance_after: Decimal | None = Field(
        default=None, sa_column=azr_column("balance_after", nullable=True)
    )
    counterparty_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("users.id"), nullable=True)
    )
    receipt_code: str | None = Field(default=None, sa_column=Column(String(20), nullable=True))
    memo: str | None = Field(default=None, sa_column=Column(String(140), nullable=True))


class TokenPrice(SQLModel, table=True):
    """A price of one AZR in US dollars, from the moment that the treasury posted it."""

    __tablename__ = "token_prices"
    __table_args__ = (
        CheckConstraint("usd BETWEEN 0.00000001 AND 9999999999.99999999", name="usd_range"),
        Index("ix_token_prices_newest", "posted_at", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    usd: Decimal = Field(sa_column=Column(Numeric(18, 8), nullable=False))
    posted_at: datetime = Field(sa_column=moment_column("posted_at"))
