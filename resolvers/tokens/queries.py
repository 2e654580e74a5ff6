"""Balances and statements, which only their owners and admins see, and the posted price."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlmodel import col

from models.cache import TOKEN_PRICE, TOKEN_PRICE_KEY
from models.rows import TokenPriceRow, TransactionRow
from models.tables import TokenPrice, Transaction, TransactionStatus, TransactionType, User
from resolvers.context import Context
from resolvers.keyset import NEWEST, Listing, Page, Slice, row_columns
from resolvers.lists import lists_of_parents, whole_list
from resolvers.rows import counts_by_parent, rows_by_id


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Which movements to list. Absent conditions do not filter."""

    type: TransactionType | None = None
    status: TransactionStatus | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        pairs = ((Transaction.type, self.type), (Transaction.status, self.status))
        return [col(column) == value.value for column, value in pairs if value is not None]


async def balances(context: Context, user_ids: Sequence[UUID]) -> list[Decimal | None]:
    """Each person's balance of AZR; `None` for unknown people."""
    async with context.stores.database.read() as session:
        found = await session.execute(
            select(col(User.id), col(User.azr_balance)).where(col(User.id).in_(user_ids))
        )
        by_id = {record[0]: record[1] for record in found}
    return [by_id.get(user_id) for user_id in user_ids]


async def transactions_by_id(context: Context, ids: Sequence[UUID]) -> list[TransactionRow | None]:
    """Movements by id; `None` for those that the viewer may not see."""
    rows = await rows_by_id(context.stores.database, Transaction, TransactionRow, ids)
    return [
        row if row is not None and context.viewer.may_see(row.user_id) else None for row in rows
    ]


async def transactions_of_users(
    context: Context, user_ids: Sequence[UUID], page: Page
) -> list[Slice[TransactionRow]]:
    """Each person's statement, newest first."""
    listing = Listing(Transaction, TransactionRow, NEWEST)
    return await lists_of_parents(
        context, listing, "user_id", user_ids, page, counts=transaction_counts
    )


async def transaction_counts(context: Context, user_ids: Sequence[UUID]) -> list[int]:
    return await counts_by_parent(context.stores.database, Transaction, "user_id", user_ids)


async def transactions_page(
    context: Context, page: Page, wanted: TransactionFilter
) -> Slice[TransactionRow]:
    """The viewer's own statement, filtered, newest first."""
    owner = context.viewer.required_id()
    where = (col(Transaction.user_id) == owner, *wanted.conditions())
    return await whole_list(context, Listing(Transaction, TransactionRow, NEWEST, where), page)


async def token_price(context: Context) -> TokenPriceRow | None:
    """The last posted price, read through `token:azr:price`; `None` before the first."""

    async def load() -> TokenPriceRow | None:
        statement = (
            select(*row_columns(TokenPrice, TokenPriceRow))
            .order_by(col(TokenPrice.posted_at).desc())
            .limit(1)
        )
        async with context.stores.database.read() as session:
            record = (await session.execute(statement)).one_or_none()
        return TokenPriceRow(*record) if record is not None else None

    return await context.stores.cache.read(TOKEN_PRICE_KEY, TOKEN_PRICE, load)
