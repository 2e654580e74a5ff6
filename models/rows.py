"""Light rows: what reads answer with, and what caches hold. Frozen, and compared by identity.

The names are the columns' names. A table's instances are for commands, which write them.
A page has hundreds of rows, so they are made and read from JSON by msgspec, at a tenth of a
dataclass's cost. The garbage collector need not look at them: nothing that they hold refers back.
"""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from models.documents.ai import MessageRole

# Sets of columns that programs ask for in turn, of all rows together.
NARROW_ROWS_MAX = 1024

Columns = frozenset[str] | None
"""Names of columns that are wanted of a row; `None` for all."""


class Row(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Any light row. If it has a key, that is its first field."""


def including(columns: Columns, *names: str) -> Columns:
    """`columns`, and `names` among them."""
    return None if columns is None else columns.union(names)


AnyRow = TypeVar("AnyRow", bound=Row)


def narrowed(row: type[AnyRow], columns: Columns) -> type[AnyRow]:
    """`row` with its key and those of its fields that are among `columns`, in their order.

    A field left out is no attribute: reading it raises AttributeError, and is never a null.
    """
    if columns is None:
        return row
    key, *others = row.__struct_fields__
    return _with_fields(row, (key, *(name for name in others if name in columns)))


@lru_cache(NARROW_ROWS_MAX)
def _with_fields(row: type[AnyRow], names: tuple[str, ...]) -> type[AnyRow]:
    if names == row.__struct_fields__:
        return row
    fields = [each for each in msgspec.structs.fields(row) if each.name in names]
    return msgspec.defstruct(  # pyright: ignore[reportReturnType]  # it has what may be read of it
        row.__name__,
        [(field.name, field.type) for field in fields],
        bases=(Row,),
        frozen=True,
        eq=False,
        gc=False,
    )


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
    balance_after: Decimal | None
    counterparty_id: UUID | None
    receipt_code: str | None
    memo: str | None


class WalletRow(Row, frozen=True, eq=False, gc=False):
    """What a person has, and how much of it holds have set aside."""

    user_id: UUID
    balance: Decimal
    held: Decimal
    is_frozen: bool


class PaymentRow(Row, frozen=True, eq=False, gc=False):
    """A payment of money. Amounts in cents of US dollars."""

    id: UUID
    user_id: UUID
    purpose: str
    provider: str
    state: str
    amount_cents: int
    returned_cents: int
    amount_azr: Decimal | None
    plan: str | None
    checkout_url: str | None
    created_at: datetime
    paid_at: datetime | None


class PlanRow(Row, frozen=True, eq=False, gc=False):
    """The plan that a person has; the free one has no end."""

    user_id: UUID
    plan: str
    state: str
    pay_with: str | None = None
    ends_at: datetime | None = None
    cancels_at_end: bool = False
    pending_plan: str | None = None


class PlanUsageRow(Row, frozen=True, eq=False, gc=False):
    """What a person has used today (UTC) of what their plan allows."""

    user_id: UUID
    transferred_today_azr: Decimal
    listings: int


class TokenPriceRow(Row, frozen=True, eq=False, gc=False):
    """A posted price of AZR, in US dollars."""

    id: UUID
    usd: Decimal
    posted_at: datetime


class AdjustmentRow(Row, frozen=True, eq=False, gc=False):
    """A change of a wallet that two admins make."""

    id: UUID
    user_id: UUID
    kind: str
    amount: Decimal
    reason: str
    state: str
    proposer_id: UUID
    decider_id: UUID | None
    decided_at: datetime | None
    rejection_reason: str | None
    return_id: UUID | None
    created_at: datetime


class ShortfallRow(Row, frozen=True, eq=False, gc=False):
    """What a provider took back and the person had spent, and how much of it is settled."""

    id: UUID
    payment_id: UUID
    state: str
    shortfall_azr: Decimal
    recovered_azr: Decimal
    written_off_azr: Decimal
    created_at: datetime


class AuditEventRow(Row, frozen=True, eq=False, gc=False):
    """What an admin did, to what, and why."""

    id: UUID
    actor_id: UUID
    action: str
    subject_kind: str
    subject_id: UUID
    facts: dict[str, Any]
    request_id: str
    created_at: datetime


class ServiceRow(Row, frozen=True, eq=False, gc=False):
    """A service, on offer if it is active."""

    id: UUID
    name: str
    category: str | None
    description: str
    price_azr: Decimal | None
    price_sort_azr: Decimal
    provider_id: UUID | None
    is_active: bool
    state: str
    is_held: bool
    review_count: int
    average_rating: Decimal
    created_at: datetime
    updated_at: datetime


class RankedServiceRow(ServiceRow, frozen=True, eq=False, gc=False):
    """A service that a search found, and how well it answers."""

    relevance: Decimal


class CategoryRow(Row, frozen=True, eq=False, gc=False):
    """A kind of service, and how many of it are on offer."""

    name: str
    service_count: int


class ReviewRow(Row, frozen=True, eq=False, gc=False):
    """What one party of an order says of it: of the buyer, if one is named."""

    id: UUID
    order_id: UUID | None
    service_id: UUID
    author_id: UUID
    buyer_id: UUID | None
    rating: int
    comment: str
    created_at: datetime
    edited_at: datetime | None
    shown_at: datetime | None


class OrderRow(Row, frozen=True, eq=False, gc=False):
    """Something that somebody bought, with who has its price at the moment."""

    id: UUID
    buyer_id: UUID
    seller_id: UUID
    service_id: UUID
    service_name: str
    price_azr: Decimal
    commission_azr: Decimal
    refunded_azr: Decimal
    note: str
    state: str
    version: int
    deadline_at: datetime | None
    paid_out_at: datetime | None
    created_at: datetime
    updated_at: datetime


class OrderEventRow(Row, frozen=True, eq=False, gc=False):
    """One step of an order. `position` counts from 1."""

    id: UUID
    order_id: UUID
    position: int
    action: str
    party: str
    actor_id: UUID | None
    from_state: str | None
    to_state: str
    refunded_azr: Decimal
    note: str
    created_at: datetime


class OrderEvidenceRow(Row, frozen=True, eq=False, gc=False):
    """What a party puts forward in a dispute."""

    id: UUID
    order_id: UUID
    author_id: UUID
    text: str
    link: str | None
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
