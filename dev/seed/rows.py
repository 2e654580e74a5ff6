"""The rows and documents of the seeded world, with the fields of the tables and collections.

Named tuples instead of model instances: COPY takes tuples, and a large world has half a million.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID


class UserRow(NamedTuple):
    """A row of `users`. `preferences` is JSON text."""

    id: UUID
    email: str
    password_hash: str
    full_name: str
    country_code: str
    azr_balance: Decimal
    created_at: datetime
    updated_at: datetime
    handle: str
    language: str
    time_zone: str
    avatar_url: str | None
    roles: list[str]
    preferences: str


class ServiceRow(NamedTuple):
    """A row of `services`, without the columns that PostgreSQL computes."""

    id: UUID
    name: str
    category: str
    price_azr: Decimal | None
    provider_id: UUID
    is_active: bool
    state: str
    is_held: bool
    created_at: datetime
    updated_at: datetime
    description: str
    review_count: int
    rating_total: int


class OrderRow(NamedTuple):
    """A row of `orders`."""

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


class OrderEventRow(NamedTuple):
    """A row of `order_events`."""

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


class ReviewRow(NamedTuple):
    """A row of `reviews`."""

    id: UUID
    order_id: UUID
    service_id: UUID
    author_id: UUID
    buyer_id: UUID | None
    rating: int
    comment: str
    created_at: datetime
    edited_at: datetime | None
    shown_at: datetime
    due_at: datetime


class BuyerRatingRow(NamedTuple):
    """A row of `buyer_ratings`."""

    user_id: UUID
    review_count: int
    rating_total: int


class CourseRow(NamedTuple):
    """A row of `courses`."""

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


class LessonRow(NamedTuple):
    """A row of `lessons`."""

    id: UUID
    course_id: UUID
    position: int
    title: str
    body: str
    duration_minutes: int


class EnrolmentRow(NamedTuple):
    """A row of `enrolments`."""

    id: UUID
    user_id: UUID
    course_id: UUID
    created_at: datetime
    completed_at: datetime | None


class LessonProgressRow(NamedTuple):
    """A row of `lesson_progress`."""

    enrolment_id: UUID
    lesson_id: UUID
    completed_at: datetime


class TransactionRow(NamedTuple):
    """A row of `transactions`."""

    id: UUID
    user_id: UUID
    type: str
    amount: Decimal
    currency: str
    status: str
    created_at: datetime
    ledger_transaction_id: UUID | None
    balance_after: Decimal | None
    counterparty_id: UUID | None
    receipt_code: str | None
    memo: str | None = None


class LedgerAccountRow(NamedTuple):
    """A row of `ledger_accounts`."""

    id: int
    kind: str
    owner_id: UUID | None
    shard: int


class LedgerBalanceRow(NamedTuple):
    """A row of `ledger_balances`."""

    account_id: int
    posted: Decimal
    held: Decimal
    floor: Decimal | None
    version: int
    frozen_at: datetime | None


class LedgerTransactionRow(NamedTuple):
    """A row of `ledger_transactions`, without the column that PostgreSQL numbers."""

    id: UUID
    sequence: int
    kind: str
    actor_id: UUID | None
    reference_kind: str | None
    reference_id: UUID | None
    reverses_id: UUID | None
    created_at: datetime


class LedgerEntryRow(NamedTuple):
    """A row of `ledger_entries`."""

    transaction_id: UUID
    leg: int
    account_id: int
    amount: Decimal
    balance_after: Decimal | None
    version: int | None


class OutboxRow(NamedTuple):
    """A row of `outbox`, without the column that PostgreSQL numbers. `payload` is JSON text."""

    id: int
    topic: str
    subject_id: UUID
    payload: str
    created_at: datetime


class TokenPriceRow(NamedTuple):
    """A row of `token_prices`."""

    id: UUID
    usd: Decimal
    posted_at: datetime


class MessageEntry(NamedTuple):
    """A message of a conversation."""

    id: UUID
    role: str
    content: str
    tokens: int
    timestamp: datetime


class ConversationEntry(NamedTuple):
    """A document of `conversations`. `cost` is in US dollars."""

    id: UUID
    user_id: UUID
    model: str
    title: str
    messages: tuple[MessageEntry, ...]
    tokens: int
    cost: Decimal
    timestamp: datetime


class EventEntry(NamedTuple):
    """A document of `events`."""

    id: UUID
    type: str
    page: str
    user_id: UUID | None
    metadata: dict[str, Any]
    timestamp: datetime
