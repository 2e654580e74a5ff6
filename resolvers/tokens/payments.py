"""Payments of money, which only their owners and admins see."""

from collections.abc import Sequence
from uuid import UUID

from models.rows import Columns, PaymentRow, including
from models.tables import Payment
from resolvers.context import Context
from resolvers.keyset import NEWEST, Listing, Page, Slice
from resolvers.lists import lists_of_parents
from resolvers.rows import CountsByParent, RowsById

PAYMENTS = RowsById(Payment, PaymentRow)
PAYMENT_LISTS = Listing(Payment, PaymentRow, NEWEST)
PAYMENT_COUNTS = CountsByParent(Payment, "user_id")


async def payments_by_id(
    context: Context, ids: Sequence[UUID], columns: Columns = None
) -> list[PaymentRow | None]:
    """Payments by id; `None` for those that the viewer may not see."""
    columns = including(columns, "user_id")
    rows = await PAYMENTS.read(context.stores.database, ids, columns=columns)
    return [
        row if row is not None and context.viewer.may_see(row.user_id) else None for row in rows
    ]


async def payments_of_users(
    context: Context, user_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[PaymentRow]]:
    """Each person's payments, newest first."""
    return await lists_of_parents(
        context, PAYMENT_LISTS, "user_id", user_ids, page, columns, counts=payment_counts
    )


async def payment_counts(context: Context, user_ids: Sequence[UUID]) -> list[int]:
    return await PAYMENT_COUNTS.read(context.stores.database, user_ids)
