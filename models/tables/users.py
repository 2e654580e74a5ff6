"""People, their sessions and their refresh tokens."""

# pyright: reportAssignmentType=false
# SQLModel declares `__tablename__` as SQLAlchemy's descriptor; a plain name is what it reads.

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from core.ids import new_id
from models.base import (
    azr_check,
    azr_column,
    created_at_column,
    enum_list_check,
    enum_list_column,
    moment_column,
    search_column,
    updated_at_column,
)


class Role(StrEnum):
    """What a person may do. Everyone is a learner."""

    LEARNER = "learner"
    SELLER = "seller"
    INSTRUCTOR = "instructor"
    PARTNER = "partner"
    SUPPORT = "support"
    ADMIN = "admin"


class User(SQLModel, table=True):
    """A person. The first eight columns are the blueprint's (4.1)."""

    __tablename__ = "users"
    __table_args__ = (
        azr_check("azr_balance"),
        CheckConstraint("country_code ~ '^[A-Z]{2}$'", name="country_code_form"),
        CheckConstraint("handle ~ '^[a-z0-9_]{3,30}$'", name="handle_form"),
        enum_list_check("roles", Role),
        Index("ix_users_newest", "created_at", "id"),
        Index("ix_users_country", "country_code", "created_at", "id"),
        Index("ix_users_roles", "roles", postgresql_using="gin"),
        Index("ix_users_search", "search", postgresql_using="gin"),
    )

    id: UUID = Field(
        default_factory=new_id,
        sa_column=Column(Uuid(), primary_key=True, server_default=text("gen_random_uuid()")),
    )
    email: str = Field(sa_column=Column(String(255), nullable=False, unique=True))
    password_hash: str = Field(sa_column=Column(Text, nullable=False))
    full_name: str | None = Field(default=None, sa_column=Column(String(255)))
    country_code: str | None = Field(
        default="ZA", sa_column=Column(CHAR(2), server_default=text("'ZA'"))
    )
    azr_balance: Decimal = Field(
        default=Decimal(0), sa_column=azr_column("azr_balance", nullable=False, default=Decimal(0))
    )
    created_at: datetime = Field(sa_column=created_at_column())
    updated_at: datetime = Field(sa_column=updated_at_column())

    handle: str | None = Field(default=None, sa_column=Column(String(30), unique=True))
    language: str = Field(
        default="en",
        sa_column=Column(String(35), nullable=False, server_default=text("'en'")),
    )
    time_zone: str = Field(
        default="Africa/Johannesburg",
        sa_column=Column(String(64), nullable=False, server_default=text("'Africa/Johannesburg'")),
    )
    avatar_url: str | None = Field(default=None, sa_column=Column(String(500)))
    roles: list[str] = Field(
        default_factory=lambda: [Role.LEARNER.value],
        sa_column=enum_list_column("roles", default=Role.LEARNER),
    )
    preferences: dict[str, Any] = Field(
        default_factory=dict,
        sa_column=Column(JSONB, nullable=False, server_default=text("'{}'")),
    )
    search: str | None = Field(
        default=None,
        sa_column=search_column("coalesce(full_name, '')", "coalesce(handle, '')"),
    )


class Session(SQLModel, table=True):
    """One sign-in on one device, and the family of its refresh tokens."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user", "user_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), nullable=False))
    is_native: bool = Field(description="The refresh token travels in the body, not in a cookie.")
    created_at: datetime = Field(sa_column=moment_column("created_at"))
    expires_at: datetime = Field(sa_column=moment_column("expires_at"))
    revoked_at: datetime | None = Field(
        default=None, sa_column=moment_column("revoked_at", nullable=True)
    )


class RefreshToken(SQLModel, table=True):
    """A refresh token, as the SHA-256 of the secret that only its holder has."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_session", "session_id"),)

    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    session_id: UUID = Field(sa_column=Column(ForeignKey("sessions.id"), nullable=False))
    created_at: datetime = Field(sa_column=moment_column("created_at"))
    used_at: datetime | None = Field(
        default=None, sa_column=moment_column("used_at", nullable=True)
    )
