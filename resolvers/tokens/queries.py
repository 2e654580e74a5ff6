"""Balances and statements, which only their owners and admins see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from core.statements import NO_PARAMETERS, Statement, is_among
from models.base import UtcTimestamp
from models.rows import Columns, TransactionRow
from models.tables import (
    Transaction,
    TransactionDirection,
    TransactionStatus,
    TransactionType,
    User,
)
from models.tables.tokens import INCOMING_TYPES
from resolvers.context import Context
from resolvers.keyset import NEWEST, Listing, Page, Slice
from resolvers.lists import lists_of_parents, whole_list
from resolvers.rows import CountsByParent, RowsById


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Which movements to list. Absent conditions do not filter."""

    types: frozenset[TransactionType] | None = None
    direction: TransactionDirection | None = None
    status: TransactionStatus | None = None
    since: datetime | None = None
    until: datetime | None = None
    """The end, which is not included."""

    def parameters(self) -> dict[str, Any]:
        """The values of the conditions that filter, by the names of `CHOICES`."""
        pairs = (
            ("types", self._types()),
            ("status", None if self.status is None else self.status.value),
            ("since", self.since),
            ("until", self.until),
        )
        return {name: value for name, value in pairs if value is not None}

    def _types(self) -> list[str] | None:
        """Types that are wanted and go in the direction that is wanted."""
        if self.types is None and self.direction is None:
            return None
        types = frozenset(TransactionType) if self.types is None else self.types
        if self.direction is TransactionDirection.IN:
            types &= INCOMING_TYPES
        elif self.direction is TransactionDirection.OUT:
            types -= INCOMING_TYPES
        return sorted(each.value for each in types)


EVERYTHING = TransactionFilter()
CHOICES: Mapping[str, ColumnElement[bool]] = {
    "owner_id": col(Transaction.user_id) == bindparam("owner_id", type_=Uuid()),
    "types": col(Transaction.type) == any_(bindparam("types", type_=ARRAY(String()))),
    "status": col(Transaction.status) == bindparam("status"),
    "since": col(Transaction.created_at) >= bindparam("since", type_=UtcTimestamp()),
    "until": col(Transaction.created_at) < bindparam("until", type_=UtcTimestamp()),
    "receipt_code": col(Transaction.receipt_code) == bindparam("receipt_code"),
    "posting_id": col(Transaction.ledger_transaction_id) == bindparam("posting_id", type_=Uuid()),
}
TRANSACTIONS = RowsById(Transaction, TransactionRow)
STATEMENTS = Listing(Transaction, TransactionRow, NEWEST, choices=CHOICES)
TRANSACTION_COUNTS = CountsByParent(Transaction, "user_id", choices=CHOICES)
BALANCES = Statement(
    select(col(User.id), col(User.azr_balance)).where(is_among(col(User.id), "ids"))
)


async def balances(context: Context, user_ids: Sequence[UUID]) -> list[Decimal | None]:
    """Each person's balance of AZR; `None` for unknown people."""
    by_id: dict[UUID, Decimal] = dict(
        await context.stores.database.fetch(BALANCES, {"ids": user_ids})
    )
    return [by_id.get(user_id) for user_id in user_ids]


async def transactions_by_id(context: Context, ids: Sequence[UUID]) -> list[TransactionRow | None]:
    """Movements by id; `None` for those that the viewer may not see."""
    rows = await TRANSACTIONS.read(context.stores.database, ids)
    return [
        row if row is not None and context.viewer.may_see(row.user_id) else None for row in rows
    ]


async def transactions_of_users(
    context: Context, user_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[TransactionRow]]:
    """Each person's statement, newest first."""
    return await statements_of_users(context, user_ids, page, EVERYTHING, columns)


async def statements_of_users(
    context: Context,
    user_ids: Sequence[UUID],
    page: Page,
    wanted: TransactionFilter,
    columns: Columns = None,
) -> list[Slice[TransactionRow]]:
    """Each person's statement, filtered, newest first."""
    parameters = wanted.parameters()
    return await lists_of_parents(
        context,
        STATEMENTS,
        "user_id",
        user_ids,
        page,
        columns,
        counts=partial(transaction_counts, parameters=parameters),
        parameters=parameters,
    )


async def transaction_counts(
    context: Context, user_ids: Sequence[UUID], *, parameters: Mapping[str, Any] = NO_PARAMETERS
) -> list[int]:
    """How many movements each person's statement has, of those that `parameters` choose."""
    return await TRANSACTION_COUNTS.read(context.stores.database, user_ids, parameters)


async def movements_of_users(
    context: Context,
    user_ids: Sequence[UUID],
    name: str,
    value: str | UUID,
    columns: Columns = None,
) -> list[TransactionRow | None]:
    """The movement on each person's statement with a `receipt_code`, or of a `posting_id`.

    `None` where none is.
    """
    found = await STATEMENTS.read_for_parents(
        context.stores.database, "user_id", user_ids, Page(first=1), {name: value}, columns
    )
    return [found[each][0] if found[each] else None for each in user_ids]


async def transactions_page(
    context: Context, page: Page, wanted: TransactionFilter, columns: Columns = None
) -> Slice[TransactionRow]:
    """The viewer's own statement, filtered, newest first."""
    owner = context.viewer.required_id()
    parameters = {"owner_id": owner, **wanted.parameters()}
    return await whole_list(context, STATEMENTS, page, parameters, columns)
