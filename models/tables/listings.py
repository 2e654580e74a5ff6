"""Where a listing is in its life, and the categories that listings are sorted into."""

# pyright: reportAssignmentType=false
# SQLModel declares `__tablename__` as SQLAlchemy's descriptor; a plain name is what it reads.

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, SmallInteger, String, UniqueConstraint
from sqlmodel import Field, SQLModel


class ListingState(StrEnum):
    """Only published listings are on offer, and closed ones never are again."""

    DRAFT = "draft"
    PUBLISHED = "published"
    PAUSED = "paused"
    CLOSED = "closed"


class ListingAction(StrEnum):
    """What is done with a listing."""

    UPDATE = "update"
    PUBLISH = "publish"
    PAUSE = "pause"
    RESUME = "resume"
    CLOSE = "close"


class Category(SQLModel, table=True):
    """A kind of service. Migrations fill this table, and nobody else writes it.

    `services.category`, the blueprint's, does not refer to it: older names stay as they are.
    """

    __tablename__ = "categories"
    __table_args__ = (
        CheckConstraint("position > 0", name="position_range"),
        UniqueConstraint("position", name="uq_categories_position"),
    )

    name: str = Field(sa_column=Column(String(100), primary_key=True))
    position: int = Field(sa_column=Column(SmallInteger, nullable=False))
