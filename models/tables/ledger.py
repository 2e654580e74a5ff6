"""The ledger of AZR: accounts, their balances, and transactions whose entries sum to zero.

Only the functions of `migrations/sql` write these tables; entries never change.
"""

# pyright: reportAssignmentType=false
# SQLModel declares `__tablename__` as SQLAlchemy's descriptor; a plain name is what it reads.

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.base import enum_check, moment_column

REWARD_POOL_SHARDS = 16
AMOUNT_MAX = "99999999999999999999.99999999"


class AccountKind(StrEnum):
    """Whose AZR an account holds."""

    WALLET = "wallet"
    ORDER_ESCROW = "order_escrow"
    COMMISSION = "commission"
    LISTING_FEE = "listing_fee"
    AI_REVENUE = "ai_revenue"
    PLAN_REVENUE = "plan_revenue"
    BAD_DEBT = "bad_debt"
    REWARD_POOL = "reward_pool"
    MINT = "mint"
    SUSPENSE = "suspense"


class PostingKind(StrEnum):
    """Why a transaction was posted. An opening takes over a balance from before the ledger."""

    OPENING = "opening"
    TRANSFER = "transfer"
    PURCHASE = "purchase"
    RELEASE = "release"
    REFUND = "refund"
    SETTLEMENT = "settlement"
    REFUND_RELEASED = "refund_released"
    LISTING_FEE = "listing_fee"
    PLAN = "plan"
    REWARD = "reward"
    FUND_REWARDS = "fund_rewards"
    AI_USAGE = "ai_usage"
    MINT = "mint"
    BURN = "burn"
    TAKE_BACK = "take_back"
    GIVE_BACK = "give_back"
    RECOVERY = "recovery"
    WRITE_OFF = "write_off"
    ADJUSTMENT = "adjustment"
    REVERSAL = "reversal"


class HoldState(StrEnum):
    """What became of AZR that was set aside."""

    PENDING = "pending"
    CAPTURED = "captured"
    VOIDED = "voided"
    EXPIRED = "expired"


class KeyOutcome(StrEnum):
    """How the first request with a key ended."""

    OK = "ok"
    REJECTED = "rejected"


def _amount_column(name: str, *, nullable: bool = False, default: str | None = None) -> Column[Any]:
    """Wider than a wallet, for accounts that add up many."""
    server_default = None if default is None else text(default)
    return Column(name, Numeric(28, 8), nullable=nullable, server_default=server_default)


def _amount_check(column: str, *, lowest: str = f"-{AMOUNT_MAX}") -> CheckConstraint:
    """BETWEEN, because `'NaN' >= 0` is true in PostgreSQL."""
    return CheckConstraint(f"{column} BETWEEN {lowest} AND {AMOUNT_MAX}", name=f"{column}_range")


def _transaction_number_column() -> Column[Any]:
    """PostgreSQL's number of the transaction that wrote the row, for readers that miss nothing.

    A reader may pass on every row whose number is below that of the oldest running transaction.
    """
    default = text("pg_current_xact_id()::text::bigint")
    return Column("xid", BigInteger, nullable=False, server_default=default)


class LedgerAccount(SQLModel, table=True):
    """An account. Those that only collect have no row in `ledger_balances`, so nobody waits."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        enum_check("kind", AccountKind),
        CheckConstraint(
            "(kind IN ('wallet', 'order_escrow')) = (owner_id IS NOT NULL)", name="owner_known"
        ),
        CheckConstraint(
            f"shard BETWEEN 0 AND CASE kind WHEN 'reward_pool' THEN {REWARD_POOL_SHARDS - 1}"
            " ELSE 0 END",
            name="shard_range",
        ),
        Index(
            "uq_ledger_accounts_owned",
            "owner_id",
            "kind",
            unique=True,
            postgresql_where=text("owner_id IS NOT NULL"),
        ),
        Index(
            "uq_ledger_accounts_own",
            "kind",
            "shard",
            unique=True,
            postgresql_where=text("owner_id IS NULL"),
        ),
    )

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    kind: str = Field(sa_column=Column(String(20), nullable=False))
    owner_id: UUID | None = Field(default=None, sa_column=Column(Uuid(), nullable=True))
    shard: int = Field(
        default=0, sa_column=Column(SmallInteger, nullable=False, server_default=text("0"))
    )


class LedgerBalance(SQLModel, table=True):
    """What an account holds. `version` counts its entries; `held` is set aside by holds."""

    __tablename__ = "ledger_balances"
    __table_args__ = (
        _amount_check("posted"),
        _amount_check("held", lowest="0"),
        CheckConstraint("floor IS NULL OR posted - held >= floor", name="floor_kept"),
        # Room on each page for the next version of its rows, so that no index changes with them.
        {"postgresql_with": {"fillfactor": 50}},
    )

    account_id: int = Field(
        sa_column=Column(ForeignKey("ledger_accounts.id"), primary_key=True, autoincrement=False)
    )
    posted: Decimal = Field(sa_column=_amount_column("posted", default="0"))
    held: Decimal = Field(sa_column=_amount_column("held", default="0"))
    floor: Decimal | None = Field(default=None, sa_column=_amount_column("floor", nullable=True))
    version: int = Field(
        default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0"))
    )
    frozen_at: datetime | None = Field(
        default=None, sa_column=moment_column("frozen_at", nullable=True)
    )


class LedgerTransaction(SQLModel, table=True):
    """One movement of AZR between accounts. `reference` is what it was for: an order, a lesson."""

    __tablename__ = "ledger_transactions"
    __table_args__ = (
        enum_check("kind", PostingKind),
        CheckConstraint(
            "(reference_kind IS NULL) = (reference_id IS NULL)", name="reference_whole"
        ),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal_known"),
        UniqueConstraint("sequence", name="uq_ledger_transactions_sequence"),
        UniqueConstraint("reverses_id", name="uq_ledger_transactions_reverses"),
        Index(
            "uq_ledger_transactions_once",
            "reference_id",
            "kind",
            "reference_kind",
            unique=True,
            postgresql_where=text(
                "reference_id IS NOT NULL AND kind NOT IN ('refund_released', 'reversal')"
            ),
        ),
        Index(
            "ix_ledger_transactions_reference",
            "reference_id",
            postgresql_where=text("reference_id IS NOT NULL"),
        ),
        Index("ix_ledger_transactions_xid", "xid"),
    )

    id: UUID = Field(sa_column=Column(Uuid(), primary_key=True))
    sequence: int = Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    xid: int = Field(sa_column=_transaction_number_column())
    kind: str = Field(sa_column=Column(String(20), nullable=False))
    actor_id: UUID | None = Field(default=None, sa_column=Column(Uuid(), nullable=True))
    reference_kind: str | None = Field(default=None, sa_column=Column(String(20), nullable=True))
    reference_id: UUID | None = Field(default=None, sa_column=Column(Uuid(), nullable=True))
    reverses_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("ledger_transactions.id"), nullable=True)
    )
    created_at: datetime = Field(sa_column=moment_column("created_at"))


class LedgerEntry(SQLModel, table=True):
    """One leg of a transaction. `version` numbers the entries of an account that has a balance."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        _amount_check("amount"),
        CheckConstraint("amount <> 0", name="amount_moves"),
        CheckConstraint("(balance_after IS NULL) = (version IS NULL)", name="balance_numbered"),
        UniqueConstraint("account_id", "version", name="uq_ledger_entries_account_version"),
    )

    transaction_id: UUID = Field(
        sa_column=Column(ForeignKey("ledger_transactions.id"), primary_key=True)
    )
    leg: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    account_id: int = Field(sa_column=Column(ForeignKey("ledger_accounts.id"), nullable=False))
    amount: Decimal = Field(sa_column=_amount_column("amount"))
    balance_after: Decimal | None = Field(
        default=None, sa_column=_amount_column("balance_after", nullable=True)
    )
    version: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class LedgerHold(SQLModel, table=True):
    """AZR of a wallet that is set aside until it is captured, voided or expired."""

    __tablename__ = "ledger_holds"
    __table_args__ = (
        enum_check("state", HoldState),
        _amount_check("amount", lowest="0.00000001"),
        CheckConstraint("captured BETWEEN 0.00000001 AND amount", name="captured_range"),
        CheckConstraint("(state = 'captured') = (captured IS NOT NULL)", name="captured_known"),
        CheckConstraint(
            "(captured IS NULL) = (transaction_id IS NULL)", name="captured_by_transaction"
        ),
        Index(
            "ix_ledger_holds_pending",
            "expires_at",
            postgresql_where=text("state = 'pending'"),
        ),
    )

    id: UUID = Field(sa_column=Column(Uuid(), primary_key=True))
    account_id: int = Field(
        sa_column=Column(ForeignKey("ledger_balances.account_id"), nullable=False, index=True)
    )
    amount: Decimal = Field(sa_column=_amount_column("amount"))
    state: str = Field(
        default=HoldState.PENDING.value,
        sa_column=Column(String(20), nullable=False, server_default=text("'pending'")),
    )
    captured: Decimal | None = Field(
        default=None, sa_column=_amount_column("captured", nullable=True)
    )
    transaction_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("ledger_transactions.id"), nullable=True)
    )
    expires_at: datetime = Field(sa_column=moment_column("expires_at"))
    created_at: datetime = Field(sa_column=moment_column("created_at"))


class LedgerKey(SQLModel, table=True):
    """How the first request with an idempotency key ended: what all later ones are told."""

    __tablename__ = "ledger_keys"
    __table_args__ = (
        enum_check("outcome", KeyOutcome),
        CheckConstraint("key ~ '^[A-Za-z0-9_-]{8,64}$'", name="key_form"),
        CheckConstraint("octet_length(request_hash) = 32", name="request_hash_length"),
        CheckConstraint(
            "num_nonnulls(transaction_id, hold_id) = CASE outcome WHEN 'ok' THEN 1 ELSE 0 END",
            name="outcome_proved",
        ),
        Index("ix_ledger_keys_transaction", "transaction_id"),
    )

    scope: str = Field(sa_column=Column(String(64), primary_key=True))
    key: str = Field(sa_column=Column(String(64), primary_key=True))
    request_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    outcome: str = Field(sa_column=Column(String(10), nullable=False))
    transaction_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("ledger_transactions.id"), nullable=True)
    )
    hold_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("ledger_holds.id"), nullable=True)
    )
    response: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(sa_column=moment_column("created_at"))


class LedgerSeal(SQLModel, table=True):
    """A block of the log that is over: what was posted under a range of transaction numbers.

    `hash` is over the hash before it and all that was posted; `signature` is a JWS of all of it.
    """

    __tablename__ = "ledger_seals"
    __table_args__ = (
        CheckConstraint("xid_from < xid_until", name="xid_range"),
        CheckConstraint("octet_length(hash) = 32", name="hash_length"),
        UniqueConstraint("xid_from", name="uq_ledger_seals_xid_from"),
    )

    block: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    xid_from: int = Field(sa_column=Column(BigInteger, nullable=False))
    xid_until: int = Field(sa_column=Column(BigInteger, nullable=False))
    transactions: int = Field(sa_column=Column(BigInteger, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    signature: str = Field(sa_column=Column(Text, nullable=False))
    sealed_at: datetime = Field(sa_column=moment_column("sealed_at"))


class OutboxMessage(SQLModel, table=True):
    """What others are to hear of, once for each topic and subject, written with the change."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("subject_id", "topic", name="uq_outbox_subject"),
        Index("ix_outbox_xid", "xid", "id"),
    )

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    xid: int = Field(sa_column=_transaction_number_column())
    topic: str = Field(sa_column=Column(String(50), nullable=False))
    subject_id: UUID = Field(sa_column=Column(Uuid(), nullable=False))
    payload: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(sa_column=moment_column("created_at"))


class OutboxCursor(SQLModel, table=True):
    """The last message that a consumer was handed, in the order of transactions and messages."""

    __tablename__ = "outbox_cursors"

    consumer: str = Field(sa_column=Column(String(50), primary_key=True))
    xid: int = Field(sa_column=Column(BigInteger, nullable=False))
    message_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    moved_at: datetime = Field(sa_column=moment_column("moved_at"))


class LedgerCheck(SQLModel, table=True):
    """What the last proof of an invariant found: nothing, in a sound ledger."""

    __tablename__ = "ledger_checks"

    invariant: str = Field(sa_column=Column(String(10), primary_key=True))
    contradictions: int = Field(sa_column=Column(BigInteger, nullable=False))
    checked_at: datetime = Field(sa_column=moment_column("checked_at"))
