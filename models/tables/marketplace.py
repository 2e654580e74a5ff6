"""Services that people sell, and what buyers and sellers say of each other."""

# pyright: reportAssignmentType=false
# SQLModel declares `__tablename__` as SQLAlchemy's descriptor; a plain name is what it reads.

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
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
from models.base import (
    azr_check,
    azr_column,
    created_at_column,
    enum_check,
    moment_column,
    updated_at_column,
    weighted_search_column,
)
from models.tables.listings import ListingState


class Service(SQLModel, table=True):
    """A service on offer. The first seven columns are the blueprint's (4.1).

    `review_count` and `rating_total` are written with each review that comes to be shown, so that a
    rating is never counted anew. `is_active` says whether `state` is published, and `is_held`
    whether an admin paused it.
    """

    __tablename__ = "services"
    __table_args__ = (
        azr_check("price_azr"),
        enum_check("state", ListingState),
        CheckConstraint("is_active = (state = 'published')", name="state_published"),
        CheckConstraint("NOT is_held OR state = 'paused'", name="held_paused"),
        CheckConstraint("review_count >= 0", name="review_count_range"),
        CheckConstraint(
            "rating_total BETWEEN review_count AND 5 * review_count", name="rating_total_range"
        ),
        Index("ix_services_search", "search", postgresql_using="gin"),
        Index("ix_services_provider_newest", "provider_id", "created_at", "id"),
        *(
            Index(name, *columns, postgresql_where=text("is_active"))
            for name, columns in (
                ("ix_services_active_newest", ("created_at", "id")),
                ("ix_services_active_category", ("category", "created_at", "id")),
                ("ix_services_active_price", ("price_sort_azr", "id")),
                ("ix_services_active_name", ("name", "id")),
                ("ix_services_active_rating", ("average_rating", "id")),
            )
        ),
    )

    id: UUID = Field(
        default_factory=new_id,
        sa_column=Column(Uuid(), primary_key=True, server_default=text("gen_random_uuid()")),
    )
    name: str = Field(sa_column=Column(String(255), nullable=False))
    category: str | None = Field(default=None, sa_column=Column(String(100)))
    price_azr: Decimal | None = Field(
        default=None, sa_column=azr_column("price_azr", nullable=True)
    )
    provider_id: UUID | None = Field(default=None, sa_column=Column(ForeignKey("users.id")))
    is_active: bool = Field(
        default=True, sa_column=Column(Boolean, nullable=False, server_default=text("true"))
    )
    created_at: datetime = Field(sa_column=created_at_column())
    updated_at: datetime = Field(sa_column=updated_at_column())

    description: str = Field(
        default="", sa_column=Column(Text, nullable=False, server_default=text("''"))
    )
    state: str = Field(
        default=ListingState.PUBLISHED.value,
        sa_column=Column(String(20), nullable=False, server_default=text("'published'")),
    )
    is_held: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    review_count: int = Field(
        default=0, sa_column=Column(Integer, nullable=False, server_default=text("0"))
    )
    rating_total: int = Field(
        default=0, sa_column=Column(Integer, nullable=False, server_default=text("0"))
    )
    average_rating: Decimal | None = Field(
        default=None,
        sa_column=Column(
            Numeric(3, 2),
            Computed(
                "CASE WHEN review_count = 0 THEN 0"
                " ELSE round(rating_total::numeric / review_count, 2) END",
                persisted=True,
            ),
        ),
    )
    price_sort_azr: Decimal | None = Field(
        default=None,
        sa_column=Column(
            Numeric(18, 8), Computed("coalesce(price_azr, 9999999999.99999999)", persisted=True)
        ),
    )
    search: str | None = Field(
        default=None,
        sa_column=weighted_search_column(
            {"name": "A", "coalesce(category, '')": "B", "description": "D"}
        ),
    )


class SearchWord(SQLModel, table=True):
    """A word of a service that was on offer, to correct typing by. A trigger writes it."""

    __tablename__ = "search_words"

    word: str = Field(sa_column=Column(Text(collation="C"), primary_key=True))


class Review(SQLModel, table=True):
    """What one party of an order says of it: of the service, or of the buyer if one is named.

    Those of an order are shown together, or `due_at`. Only what is shown counts in a rating.
    Reviews from before there were orders have none.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("order_id", "author_id", name="uq_reviews_order_author"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating_range"),
        CheckConstraint("shown_at IS NOT NULL OR due_at IS NOT NULL", name="shown_some_time"),
        Index(
            "ix_reviews_service_newest",
            "service_id",
            "created_at",
            "id",
            postgresql_where=text("shown_at IS NOT NULL AND buyer_id IS NULL"),
        ),
        Index(
            "ix_reviews_buyer_newest",
            "buyer_id",
            "created_at",
            "id",
            postgresql_where=text("shown_at IS NOT NULL AND buyer_id IS NOT NULL"),
        ),
        Index("ix_reviews_due", "due_at", postgresql_where=text("shown_at IS NULL")),
        Index("ix_reviews_author", "author_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("orders.id"), nullable=True)
    )
    service_id: UUID = Field(sa_column=Column(ForeignKey("services.id"), nullable=False))
    author_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), nullable=False))
    buyer_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("users.id"), nullable=True)
    )
    rating: int = Field(sa_column=Column(SmallInteger, nullable=False))
    comment: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(sa_column=moment_column("created_at"))
    edited_at: datetime | None = Field(
        default=None, sa_column=moment_column("edited_at", nullable=True)
    )
    shown_at: datetime | None = Field(
        default=None, sa_column=moment_column("shown_at", nullable=True)
    )
    due_at: datetime | None = Field(default=None, sa_column=moment_column("due_at", nullable=True))


class BuyerRating(SQLModel, table=True):
    """The shown reviews of one person as a buyer, in figures, written with each of them.

    Apart from `users`, whose rows every payment writes.
    """

    __tablename__ = "buyer_ratings"
    __table_args__ = (
        CheckConstraint("review_count > 0", name="review_count_range"),
        CheckConstraint(
            "rating_total BETWEEN review_count AND 5 * review_count", name="rating_total_range"
        ),
    )

    user_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), primary_key=True))
    review_count: int = Field(sa_column=Column(Integer, nullable=False))
    rating_total: int = Field(sa_column=Column(Integer, nullable=False))
