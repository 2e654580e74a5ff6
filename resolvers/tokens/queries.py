"""Balances and statements, which only their owners and admins see, and the posted price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, select
from sqlmodel import col

from core.statements import Statement, is_among
from models.cache import TOKEN_PRICE, TOKEN_PRICE_KEY
from models.rows import Columns, TokenPriceRow, TransactionRow
from models.tables import TokenPrice, Transaction, TransactionStatus, TransactionType, User
from resolvers.context import Context
from resolvers.keyset import NEWEST, Listing, Page, Slice, row_columns
from resolvers.lists import lists_of_parents, whole_list
from resolvers.rows import CountsByParent, RowsById


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Which movements to list. Absent conditions do not filter."""

    type: TransactionType | None = None
    status: TransactionStatus | None = None

    def parameters(self) -> dict[str, Any]:
        """The values of the conditions that filter, by the names of `CHOICES`."""
        pairs = (("type", self.type), ("status", self.status))
        return {name: value.value for name, value in pairs if value is not None}


CHOICES: Mapping[str, ColumnElement[bool]] = {
    "owner_id": col(Transaction.user_id) == bindparam("owner_id", type_=Uuid()),
    "type": col(Transaction.type) == bindparam("type"),
    "status": col(Transaction.status) == bindparam("status"),
}
TRANSACTIONS = RowsById(Transaction, TransactionRow)
STATEMENTS = Listing(Transaction, TransactionRow, NEWEST, choices=CHOICES)
TRANSACTION_COUNTS = CountsByParent(Transaction, "user_id")
BALANCES = Statement(
    select(col(User.id), col(User.azr_balance)).where(is_among(col(User.id), "ids"))
)
LAST_PRICE = Statement(
    select(*row_columns(TokenPrice, TokenPriceRow))
    .order_by(col(TokenPrice.posted_at).desc())
    .limit(1)
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
    return await lists_of_parents(
        context, STATEMENTS, "user_id", user_ids, page, columns, counts=transaction_counts
    )


async def transaction_counts(context: Context, user_ids: Sequence[UUID]) -> list[int]:
    return await TRANSACTION_COUNTS.read(context.stores.database, user_ids)


async def transactions_page(
    context: Context, page: Page, wanted: TransactionFilter, columns: Columns = None
) -> Slice[TransactionRow]:
    """The viewer's own statement, filtered, newest first."""
    owner = context.viewer.required_id()
    parameters = {"owner_id": owner, **wanted.parameters()}
    return await whole_list(context, STATEMENTS, page, parameters, columns)


async def token_price(context: Context) -> TokenPriceRow | None:
    """The last posted price, read through `token:azr:price`; `None` before the first."""

    async def load() -> TokenPriceRow | None:
        found = await context.stores.database.fetch(LAST_PRICE)
        return TokenPriceRow(*found[0]) if found else None

    return await context.stores.cache.read(TOKEN_PRICE_KEY, TOKEN_PRICE, load)
