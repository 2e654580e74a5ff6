"""PostgreSQL tables. Importing this package fills the metadata that migrations compare with."""

from models.tables.learning import Course, CourseLevel, Enrolment, Lesson, LessonProgress
from models.tables.ledger import (
    AccountKind,
    HoldState,
    KeyOutcome,
    LedgerAccount,
    LedgerBalance,
    LedgerCheck,
    LedgerEntry,
    LedgerHold,
    LedgerKey,
    LedgerSeal,
    LedgerTransaction,
    OutboxCursor,
    OutboxMessage,
    PostingKind,
)
from models.tables.marketplace import Review, SearchWord, Service
from models.tables.tokens import TokenPrice, Transaction, TransactionStatus, TransactionType
from models.tables.users import RefreshToken, Role, Session, User

__all__ = [
    "AccountKind",
    "Course",
    "CourseLevel",
    "Enrolment",
    "HoldState",
    "KeyOutcome",
    "LedgerAccount",
    "LedgerBalance",
    "LedgerCheck",
    "LedgerEntry",
    "LedgerHold",
    "LedgerKey",
    "LedgerSeal",
    "LedgerTransaction",
    "Lesson",
    "LessonProgress",
    "OutboxCursor",
    "OutboxMessage",
    "PostingKind",
    "RefreshToken",
    "Review",
    "Role",
    "SearchWord",
    "Service",
    "Session",
    "TokenPrice",
    "Transaction",
    "TransactionStatus",
    "TransactionType",
    "User",
]
