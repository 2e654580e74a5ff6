"""Adjustments of wallets, shortfalls, and what admins did. Only admins see them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, literal_column
from sqlmodel import col

from models.rows import AdjustmentRow, AuditEventRow, Columns, ShortfallRow
from models.tables import Adjustment, AdjustmentState, AuditEvent, PaymentReturn, ReturnState
from resolvers.context import Context
from resolvers.keyset import NEWEST, OLDEST, Listing, Page, Slice
from resolvers.lists import whole_list
from resolvers.rows import RowsById

CHOICES: Mapping[str, ColumnElement[bool]] = {"state": col(Adjustment.state) == bindparam("state")}
ADJUSTMENTS = RowsById(Adjustment, AdjustmentRow)
ALL_ADJUSTMENTS = Listing(Adjustment, AdjustmentRow, NEWEST, choices=CHOICES)
SHORTFALLS = RowsById(PaymentReturn, ShortfallRow, where=(col(PaymentReturn.shortfall_azr) > 0,))
# The conditions are those of the index of what is open.
OPEN_SHORTFALLS = Listing(
    PaymentReturn,
    ShortfallRow,
    OLDEST,
    where=(
        col(PaymentReturn.shortfall_azr)
        > col(PaymentReturn.recovered_azr) + col(PaymentReturn.written_off_azr),
        col(PaymentReturn.state) != literal_column(f"'{ReturnState.GIVEN_BACK}'"),
    ),
)
AUDIT_LOG = Listing(AuditEvent, AuditEventRow, NEWEST)


async def adjustments_by_id(
    context: Context, ids: Sequence[UUID], columns: Columns = None
) -> list[AdjustmentRow | None]:
    """Adjustments by id, for admins; `None` for everybody else."""
    if not context.viewer.is_admin:
        return [None] * len(ids)
    return await ADJUSTMENTS.read(context.stores.database, ids, columns=columns)


async def adjustments_page(
    context: Context, page: Page, state: AdjustmentState | None, columns: Columns = None
) -> Slice[AdjustmentRow]:
    """Adjustments in a state, or all of them, newest first."""
    parameters = {} if state is None else {"state": state.value}
    return await whole_list(context, ALL_ADJUSTMENTS, page, parameters, columns)


async def shortfalls_by_id(
    context: Context, ids: Sequence[UUID], columns: Columns = None
) -> list[ShortfallRow | None]:
    """Shortfalls by id, for admins; `None` for everybody else."""
    if not context.viewer.is_admin:
        return [None] * len(ids)
    return await SHORTFALLS.read(context.stores.database, ids, columns=columns)


async def shortfalls_page(
    context: Context, page: Page, columns: Columns = None
) -> Slice[ShortfallRow]:
    """Those of which something is left to settle, oldest first."""
    return await whole_list(context, OPEN_SHORTFALLS, page, columns=columns)


async def audit_page(context: Context, page: Page, columns: Columns = None) -> Slice[AuditEventRow]:
    """What admins did, newest first."""
    return await whole_list(context, AUDIT_LOG, page, columns=columns)
