"""Orders: what somebody bought, what happened to it, and what was said in a dispute about it."""

# pyright: reportAssignmentType=false
# SQLModel declares `__tablename__` as SQLAlchemy's descriptor; a plain name is what it reads.

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from core.ids import new_id
from models.base import azr_check, azr_column, enum_check, moment_column


class OrderState(StrEnum):
    """Where an order is. `services/marketplace/orders/states.py` says how it gets there."""

    CREATED = "created"
    PAID = "paid"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DISPUTED = "disputed"
    REFUNDED = "refunded"
    EXPIRED = "expired"


class OrderAction(StrEnum):
    """What somebody, or the clock, does with an order."""

    PLACE = "place"
    PAY = "pay"
    ACCEPT = "accept"
    DECLINE = "decline"
    DELIVER = "deliver"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    OPEN_DISPUTE = "open_dispute"
    ADD_EVIDENCE = "add_evidence"
    RESOLVE_DISPUTE = "resolve_dispute"
    REFUND = "refund"
    EXPIRE = "expire"
    COMPLETE = "complete"


class OrderParty(StrEnum):
    """On whose behalf something is done with an order."""

    BUYER = "buyer"
    SELLER = "seller"
    SUPPORT = "support"
    CLOCK = "clock"


class Order(SQLModel, table=True):
    """A sale, with name and price as they were when it was made.

    The seller receives the price less commission and refunds: `commission_azr` and `refunded_azr`
    are those of this moment. `version` counts its events.
    """

    __tablename__ = "orders"
    __table_args__ = (
        enum_check("state", OrderState),
        azr_check("price_azr"),
        azr_check("commission_azr"),
        azr_check("refunded_azr"),
        CheckConstraint("commission_azr + refunded_azr <= price_azr", name="price_shared_out"),
        CheckConstraint("buyer_id <> seller_id", name="parties_differ"),
        CheckConstraint(
            "(deadline_at IS NOT NULL) = (state IN ('paid', 'accepted', 'delivered'))",
            name="deadline_known",
        ),
        Index("ix_orders_buyer_newest", "buyer_id", "created_at", "id"),
        Index("ix_orders_seller_newest", "seller_id", "created_at", "id"),
        Index("ix_orders_buyer_state", "buyer_id", "state", "created_at", "id"),
        Index("ix_orders_seller_state", "seller_id", "state", "created_at", "id"),
        Index("ix_orders_service", "service_id"),
        Index(
            "ix_orders_disputed", "created_at", "id", postgresql_where=text("state = 'disputed'")
        ),
        Index(
            "ix_orders_deadline", "deadline_at", postgresql_where=text("deadline_at IS NOT NULL")
        ),
        Index(
            "ix_orders_seller_paid_out",
            "seller_id",
            "paid_out_at",
            "id",
            postgresql_where=text("paid_out_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    buyer_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), nullable=False))
    seller_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), nullable=False))
    service_id: UUID = Field(sa_column=Column(ForeignKey("services.id"), nullable=False))
    service_name: str = Field(sa_column=Column(String(255), nullable=False))
    price_azr: Decimal = Field(sa_column=azr_column("price_azr", nullable=False))
    commission_azr: Decimal = Field(sa_column=azr_column("commission_azr", nullable=False))
    refunded_azr: Decimal = Field(
        default=Decimal(0),
        sa_column=azr_column("refunded_azr", nullable=False, default=Decimal(0)),
    )
    note: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=text("''")))
    state: str = Field(sa_column=Column(String(20), nullable=False))
    version: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    deadline_at: datetime | None = Field(
        default=None, sa_column=moment_column("deadline_at", nullable=True)
    )
    paid_out_at: datetime | None = Field(
        default=None, sa_column=moment_column("paid_out_at", nullable=True)
    )
    created_at: datetime = Field(sa_column=moment_column("created_at"))
    updated_at: datetime = Field(sa_column=moment_column("updated_at"))


class OrderEvent(SQLModel, table=True):
    """One step of an order. Triggers keep events as they are."""

    __tablename__ = "order_events"
    __table_args__ = (
        enum_check("action", OrderAction),
        enum_check("party", OrderParty),
        enum_check("from_state", OrderState),
        enum_check("to_state", OrderState),
        azr_check("refunded_azr"),
        CheckConstraint("(party = 'clock') = (actor_id IS NULL)", name="actor_known"),
        UniqueConstraint("order_id", "position", name="uq_order_events_position"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_id: UUID = Field(sa_column=Column(ForeignKey("orders.id"), nullable=False))
    position: int = Field(sa_column=Column(Integer, nullable=False))
    action: str = Field(sa_column=Column(String(20), nullable=False))
    party: str = Field(sa_column=Column(String(20), nullable=False))
    actor_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("users.id"), nullable=True)
    )
    from_state: str | None = Field(default=None, sa_column=Column(String(20), nullable=True))
    to_state: str = Field(sa_column=Column(String(20), nullable=False))
    refunded_azr: Decimal = Field(
        default=Decimal(0),
        sa_column=azr_column("refunded_azr", nullable=False, default=Decimal(0)),
    )
    note: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=text("''")))
    created_at: datetime = Field(sa_column=moment_column("created_at"))


class OrderEvidence(SQLModel, table=True):
    """What a party puts forward in a dispute. Triggers keep it as it is."""

    __tablename__ = "order_evidence"
    __table_args__ = (Index("ix_order_evidence_order", "order_id", "created_at", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_id: UUID = Field(sa_column=Column(ForeignKey("orders.id"), nullable=False))
    author_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    link: str | None = Field(default=None, sa_column=Column(String(500), nullable=True))
    created_at: datetime = Field(sa_column=moment_column("created_at"))
