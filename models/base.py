"""Column types and naming that every table shares."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    TIMESTAMP,
    CheckConstraint,
    Column,
    Computed,
    MetaData,
    Numeric,
    String,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention

metadata = SQLModel.metadata


class UtcTimestamp(TypeDecorator[datetime]):
    """The blueprint's `TIMESTAMP`, without a zone, holding UTC. Python sees aware times only."""

    impl = TIMESTAMP(timezone=False)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


def created_at_column() -> Column[Any]:
    """`created_at TIMESTAMP DEFAULT NOW()`, as the blueprint has it."""
    return Column("created_at", UtcTimestamp(), nullable=False, server_default=text("now()"))


def updated_at_column() -> Column[Any]:
    """`updated_at TIMESTAMP DEFAULT NOW()`; a trigger of the migration maintains it."""
    return Column("updated_at", UtcTimestamp(), nullable=False, server_default=text("now()"))


def moment_column(name: str, *, nullable: bool = False) -> Column[Any]:
    """A time with its zone, for tables of our own."""
    default = None if nullable else text("now()")
    return Column(name, TIMESTAMP(timezone=True), nullable=nullable, server_default=default)


def azr_column(name: str, *, nullable: bool, default: Decimal | None = None) -> Column[Any]:
    """`DECIMAL(18,8)`."""
    server_default = None if default is None else text(str(default))
    return Column(name, Numeric(18, 8), nullable=nullable, server_default=server_default)


def azr_check(column: str) -> CheckConstraint:
    """Money is finite and not negative. BETWEEN, because `'NaN' >= 0` is true in PostgreSQL."""
    return CheckConstraint(f"{column} BETWEEN 0 AND 9999999999.99999999", name=f"{column}_range")


def enum_check(column: str, values: type[StrEnum]) -> CheckConstraint:
    """`column` holds a member of `values`, kept as text so that adding one needs no rewrite."""
    return CheckConstraint(f"{column} IN ({_literals(values)})", name=f"{column}_known")


def enum_list_column(name: str, *, default: StrEnum) -> Column[Any]:
    """A list of members of an enum, kept as text."""
    return Column(
        name, ARRAY(String(20)), nullable=False, server_default=text(f"'{{{default.value}}}'")
    )


def enum_list_check(column: str, values: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(
        f"{column} <@ ARRAY[{_literals(values)}]::varchar[]", name=f"{column}_known"
    )


def search_column(*texts: str) -> Column[Any]:
    """The words of some columns, for text search, kept by PostgreSQL itself."""
    return Column("search", TSVECTOR, Computed(_words(" || ' ' || ".join(texts)), persisted=True))


def weighted_search_column(weights: Mapping[str, str]) -> Column[Any]:
    """Like `search_column`; `weights`, from A to D, say how much a word of each text counts."""
    parts = (f"setweight({_words(text)}, '{weight}')" for text, weight in weights.items())
    return Column("search", TSVECTOR, Computed(" || ".join(parts), persisted=True))


def _words(text_: str) -> str:
    """Without the signs from which PostgreSQL makes one long word: "UI/UX", "Node.js", "e-mail"."""
    return f"to_tsvector('simple'::regconfig, translate({text_}, './-@_:+<>&', '          '))"


def _literals(values: type[StrEnum]) -> str:
    return ", ".join(f"'{member.value}'" for member in values)
