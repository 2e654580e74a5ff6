"""Light rows: what reads answer with, and what caches hold. Frozen, and compared by identity.

The names are the columns' names. A table's instances are for commands, which write them.
A page has hundreds of rows, so they are made and read from JSON by msgspec, at a tenth of a
dataclass's cost. The garbage collector need not look at them: nothing that they hold refers back.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from models.documents.ai import MessageRole


class Row(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Any light row."""


class UserRow(Row, frozen=True, eq=False, gc=False):
    """What everyone may know of a person."""

    id: UUID
    handle: str | None
    full_name: str | None
    country_code: str | None
    language: str
    avatar_url: str | None
    roles: list[str]
    created_at: datetime


class PrivateUserRow(Row, frozen=True, eq=False, gc=False):
    """What only the person and admins may know. Never cached."""

    id: UUID
    email: str
    time_zone: str
    preferences: dict[str, Any]
    updated_at: datetime


class TransactionRow(Row, frozen=True, eq=False, gc=False):
    """A movement on a person's statement."""

    id: UUID
    user_id: UUID | None
    type: str
    amount: Decimal
    currency: str
    status: str
    created_at: datetime


class TokenPriceRow(Row, frozen=True, eq=False, gc=False):
    """A posted price of AZR, in US dollars."""

    usd: Decimal
    posted_at: datetime


class ServiceRow(Row, frozen=True, eq=False, gc=False):
    """A service on offer."""

    id: UUID
    name: str
    category: str | None
    description: str
    price_azr: Decimal | None
    price_sort_azr: Decimal
    provider_id: UUID | None
    is_active: bool
    review_count: int
    average_rating: Decimal
    created_at: datetime
    updated_at: datetime


class ReviewRow(Row, frozen=True, eq=False, gc=False):
    """What one person says of one service."""

    id: UUID
    service_id: UUID
    author_id: UUID
    rating: int
    comment: str
    created_at: datetime


class CourseRow(Row, frozen=True, eq=False, gc=False):
    """A course in the catalogue."""

    id: UUID
    title: str
    description: str
    subject: str
    level: str
    language: str
    instructor_id: UUID
    is_published: bool
    created_at: datetime
    updated_at: datetime


class LessonRow(Row, frozen=True, eq=False, gc=False):
    """A lesson, without its text."""

    id: UUID
    course_id: UUID
    position: int
    title: str
    duration_minutes: int


class EnrolmentRow(Row, frozen=True, eq=False, gc=False):
    """One person taking one course."""

    id: UUID
    user_id: UUID
    course_id: UUID
    created_at: datetime
    completed_at: datetime | None


class ConversationRow(Row, frozen=True, eq=False, gc=False):
    """A conversation, without its messages."""

    id: UUID
    user_id: UUID
    model: str
    title: str
    tokens: int
    cost: Decimal
    timestamp: datetime


class MessageRow(Row, frozen=True, eq=False, gc=False):
    """One turn of a conversation. `position` counts from 1."""

    id: UUID
    conversation_id: UUID
    user_id: UUID
    position: int
    role: MessageRole
    content: str
    tokens: int
    timestamp: datetime


class StatsRow(Row, frozen=True, eq=False, gc=False):
    """The platform in figures."""

    users: int
    services: int
    courses: int
    azr_moved_today: Decimal


class UsageRow(Row, frozen=True, eq=False, gc=False):
    """The tokens that a person used with AI models on one day (UTC)."""

    day: datetime
    tokens: int
