"""Who has which plan, and the periods that were paid for."""

# pyright: reportAssignmentType=false
# SQLModel declares `__tablename__` as SQLAlchemy's descriptor; a plain name is what it reads.

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from core.ids import new_id
from models.base import azr_check, azr_column, enum_check, moment_column


class Plan(StrEnum):
    """What a person subscribes to."""

    FREE = "free"
    STUDENT = "student"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"


class PayWith(StrEnum):
    """How a plan is paid for. One by agreement is not, to us: an admin grants it until a date."""

    CARD = "card"
    AZR = "azr"
    AGREEMENT = "agreement"


class SubscriptionState(StrEnum):
    """Whether a subscription is paid. One that is past due still gives its plan."""

    ACTIVE = "active"
    PAST_DUE = "past_due"
    ENDED = "ended"


class Subscription(SQLModel, table=True):
    """A person's plan, and what the clock does next about it, at `due_at`.

    The period is the one that was paid last; `failed_attempts` counts tries to pay the next.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        enum_check("plan", Plan),
        enum_check("pending_plan", Plan),
        enum_check("pay_with", PayWith),
        enum_check("state", SubscriptionState),
        CheckConstraint("plan <> 'free' AND pending_plan <> 'free'", name="plan_paid"),
        CheckConstraint("(pay_with = 'card') = (provider IS NOT NULL)", name="provider_known"),
        CheckConstraint("starts_at < ends_at", name="period_range"),
        UniqueConstraint("user_id", name="uq_subscriptions_user"),
        Index("ix_subscriptions_due", "due_at", postgresql_where=text("state <> 'ended'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), nullable=False))
    plan: str = Field(sa_column=Column(String(20), nullable=False))
    pending_plan: str | None = Field(default=None, sa_column=Column(String(20), nullable=True))
    pay_with: str = Field(sa_column=Column(String(10), nullable=False))
    provider: str | None = Field(default=None, sa_column=Column(String(20), nullable=True))
    state: str = Field(sa_column=Column(String(20), nullable=False))
    starts_at: datetime = Field(sa_column=moment_column("starts_at"))
    ends_at: datetime = Field(sa_column=moment_column("ends_at"))
    day_of_month: int = Field(sa_column=Column(SmallInteger, nullable=False))
    cancels_at_end: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    failed_attempts: int = Field(
        default=0, sa_column=Column(SmallInteger, nullable=False, server_default=text("0"))
    )
    due_at: datetime = Field(sa_column=moment_column("due_at"))
    created_at: datetime = Field(sa_column=moment_column("created_at"))


class PlanPeriod(SQLModel, table=True):
    """A period that was paid for, with AZR or by a payment, or was granted and cost nothing.

    Rows are never changed.
    """

    __tablename__ = "plan_periods"
    __table_args__ = (
        enum_check("plan", Plan),
        azr_check("amount_azr"),
        CheckConstraint("amount_cents >= 0", name="amount_cents_range"),
        CheckConstraint(
            "num_nonnulls(amount_azr, payment_id) = CASE amount_cents WHEN 0 THEN 0 ELSE 1 END",
            name="payment_known",
        ),
        CheckConstraint("starts_at < ends_at", name="period_range"),
        # A period may be cut short by another that begins with it, and ends later.
        Index(
            "uq_plan_periods_subscription_end",
            "subscription_id",
            "ends_at",
            unique=True,
            postgresql_where=text("amount_cents > 0"),
        ),
        UniqueConstraint("payment_id", name="uq_plan_periods_payment"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subscription_id: UUID = Field(sa_column=Column(ForeignKey("subscriptions.id"), nullable=False))
    plan: str = Field(sa_column=Column(String(20), nullable=False))
    starts_at: datetime = Field(sa_column=moment_column("starts_at"))
    ends_at: datetime = Field(sa_column=moment_column("ends_at"))
    amount_cents: int = Field(sa_column=Column(Integer, nullable=False))
    amount_azr: Decimal | None = Field(
        default=None, sa_column=azr_column("amount_azr", nullable=True)
    )
    payment_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("payments.id"), nullable=True)
    )
    created_at: datetime = Field(sa_column=moment_column("created_at"))
