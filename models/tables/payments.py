"""Money from payment providers: payments, what providers told of them, and what they took back."""

# pyright: reportAssignmentType=false
# SQLModel declares `__tablename__` as SQLAlchemy's descriptor; a plain name is what it reads.

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlmodel import Field, SQLModel

from core.ids import new_id
from models.base import azr_check, azr_column, enum_check, moment_column
from models.tables.plans import Plan


class ProviderName(StrEnum):
    """Who takes the money. `local` is for development: it takes none."""

    STRIPE = "stripe"
    PAYSTACK = "paystack"
    LOCAL = "local"


class PaymentPurpose(StrEnum):
    """What a payment buys."""

    TOKENS = "tokens"
    PLAN = "plan"


class PaymentState(StrEnum):
    """How far a payment has come. One that was partly refunded is still paid."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


class EventKind(StrEnum):
    """What a provider tells of a payment."""

    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


class EventOutcome(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    KNOWN = "known"
    REFUSED = "refused"


class ReturnState(StrEnum):
    """Whether money that a provider took back is still with it."""

    TAKEN = "taken"
    GIVEN_BACK = "given_back"
    SETTLED = "settled"


class Payment(SQLModel, table=True):
    """One payment of money, in cents of US dollars. A renewal has no key of a client."""

    __tablename__ = "payments"
    __table_args__ = (
        enum_check("purpose", PaymentPurpose),
        enum_check("provider", ProviderName),
        enum_check("state", PaymentState),
        enum_check("plan", Plan),
        azr_check("amount_azr"),
        azr_check("usd_per_azr"),
        CheckConstraint("amount_cents > 0", name="amount_cents_range"),
        CheckConstraint("returned_cents BETWEEN 0 AND amount_cents", name="returned_cents_range"),
        CheckConstraint(
            "(purpose = 'tokens') = (amount_azr IS NOT NULL)", name="amount_azr_of_tokens"
        ),
        CheckConstraint("(purpose = 'plan') = (plan IS NOT NULL)", name="plan_of_purpose"),
        CheckConstraint(
            "num_nonnulls(idempotency_key, request_hash) <> 1"
            " AND num_nonnulls(renews_from, attempt) <> 1"
            " AND num_nonnulls(idempotency_key, renews_from) = 1",
            name="request_known",
        ),
        UniqueConstraint("user_id", "idempotency_key", name="uq_payments_key"),
        Index(
            "uq_payments_renewal",
            "user_id",
            "renews_from",
            "attempt",
            unique=True,
            postgresql_where=text("renews_from IS NOT NULL"),
        ),
        Index("ix_payments_user_newest", "user_id", "created_at", "id"),
        Index(
            "ix_payments_charge",
            "charge_reference",
            postgresql_where=text("charge_reference IS NOT NULL"),
        ),
        Index("ix_payments_pending", "checked_at", postgresql_where=text("state = 'pending'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), nullable=False))
    purpose: str = Field(sa_column=Column(String(10), nullable=False))
    provider: str = Field(sa_column=Column(String(20), nullable=False))
    state: str = Field(
        default=PaymentState.PENDING.value,
        sa_column=Column(String(20), nullable=False, server_default=text("'pending'")),
    )
    amount_cents: int = Field(sa_column=Column(Integer, nullable=False))
    amount_azr: Decimal | None = Field(
        default=None, sa_column=azr_column("amount_azr", nullable=True)
    )
    usd_per_azr: Decimal | None = Field(
        default=None, sa_column=Column("usd_per_azr", Numeric(18, 8), nullable=True)
    )
    plan: str | None = Field(default=None, sa_column=Column(String(20), nullable=True))
    idempotency_key: str | None = Field(default=None, sa_column=Column(String(64), nullable=True))
    request_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    renews_from: datetime | None = Field(
        default=None, sa_column=moment_column("renews_from", nullable=True)
    )
    attempt: int | None = Field(default=None, sa_column=Column(SmallInteger, nullable=True))
    checkout_url: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    checkout_reference: str | None = Field(
        default=None, sa_column=Column(String(255), nullable=True)
    )
    charge_reference: str | None = Field(default=None, sa_column=Column(String(255), nullable=True))
    returned_cents: int = Field(
        default=0, sa_column=Column(Integer, nullable=False, server_default=text("0"))
    )
    created_at: datetime = Field(sa_column=moment_column("created_at"))
    checked_at: datetime = Field(sa_column=moment_column("checked_at"))
    paid_at: datetime | None = Field(
        default=None, sa_column=moment_column("paid_at", nullable=True)
    )


class PaymentEvent(SQLModel, table=True):
    """What a provider told, once. It waits until its outcome is known.

    Only what is needed is kept of it: providers send much that is personal.
    """

    __tablename__ = "payment_events"
    __table_args__ = (
        enum_check("provider", ProviderName),
        enum_check("kind", EventKind),
        enum_check("outcome", EventOutcome),
        UniqueConstraint("provider", "event_id", name="uq_payment_events_event"),
        Index("ix_payment_events_waiting", "due_at", postgresql_where=text("outcome IS NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    provider: str = Field(sa_column=Column(String(20), nullable=False))
    event_id: str = Field(sa_column=Column(String(255), nullable=False))
    kind: str = Field(sa_column=Column(String(20), nullable=False))
    payment_id: UUID | None = Field(default=None, sa_column=Column(Uuid(), nullable=True))
    charge_reference: str | None = Field(default=None, sa_column=Column(String(255), nullable=True))
    return_reference: str | None = Field(default=None, sa_column=Column(String(255), nullable=True))
    amount_cents: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    currency: str | None = Field(default=None, sa_column=Column(String(3), nullable=True))
    customer: str | None = Field(default=None, sa_column=Column(String(255), nullable=True))
    method: str | None = Field(default=None, sa_column=Column(String(255), nullable=True))
    created_at: datetime = Field(sa_column=moment_column("received_at"))
    due_at: datetime = Field(sa_column=moment_column("due_at"))
    attempts: int = Field(
        default=0, sa_column=Column(SmallInteger, nullable=False, server_default=text("0"))
    )
    outcome: str | None = Field(default=None, sa_column=Column(String(20), nullable=True))


def _part_column(name: str) -> Column[Any]:
    return azr_column(name, nullable=False, default=Decimal(0))


class PaymentReturn(SQLModel, table=True):
    """A refund or a dispute: money of a payment that the provider took back, and AZR for it.

    `shortfall_azr` of it the person had spent. It is in suspense until it is settled: recovered
    from the person, or written off.
    """

    __tablename__ = "payment_returns"
    __table_args__ = (
        enum_check("state", ReturnState),
        azr_check("amount_azr"),
        azr_check("shortfall_azr"),
        azr_check("recovered_azr"),
        azr_check("written_off_azr"),
        CheckConstraint("amount_cents > 0", name="amount_cents_range"),
        CheckConstraint(
            "shortfall_azr <= amount_azr AND recovered_azr + written_off_azr <= shortfall_azr",
            name="shortfall_settled",
        ),
        UniqueConstraint("payment_id", "reference", name="uq_payment_returns_reference"),
        Index(
            "ix_payment_returns_open",
            "created_at",
            "id",
            postgresql_where=text(
                "shortfall_azr > recovered_azr + written_off_azr AND state <> 'given_back'"
            ),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    payment_id: UUID = Field(sa_column=Column(ForeignKey("payments.id"), nullable=False))
    reference: str = Field(sa_column=Column(String(255), nullable=False))
    state: str = Field(sa_column=Column(String(20), nullable=False))
    is_dispute: bool = Field(nullable=False)
    has_frozen: bool = Field(description="The wallet is frozen because of it.")
    amount_cents: int = Field(sa_column=Column(Integer, nullable=False))
    amount_azr: Decimal = Field(sa_column=azr_column("amount_azr", nullable=False))
    shortfall_azr: Decimal = Field(default=Decimal(0), sa_column=_part_column("shortfall_azr"))
    recovered_azr: Decimal = Field(default=Decimal(0), sa_column=_part_column("recovered_azr"))
    written_off_azr: Decimal = Field(default=Decimal(0), sa_column=_part_column("written_off_azr"))
    ledger_transaction_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("ledger_transactions.id"), nullable=True)
    )
    created_at: datetime = Field(sa_column=moment_column("created_at"))


class PaymentMethod(SQLModel, table=True):
    """The card that a provider keeps for a person, by the provider's names for both."""

    __tablename__ = "payment_methods"
    __table_args__ = (enum_check("provider", ProviderName),)

    user_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), primary_key=True))
    provider: str = Field(sa_column=Column(String(20), primary_key=True))
    customer: str = Field(sa_column=Column(String(255), nullable=False))
    method: str = Field(sa_column=Column(String(255), nullable=False))
    updated_at: datetime = Field(sa_column=moment_column("updated_at"))
