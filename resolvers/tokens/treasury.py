"""Adjustments of wallets, and what admins did. Only admins see either."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam
from sqlmodel import col

from models.rows import AdjustmentRow, AuditEventRow, Columns
from models.tables import Adjustment, AdjustmentState, AuditEvent
from resolvers.context import Context
from resolvers.keyset import NEWEST, Listing, Page, Slice
from resolvers.lists import whole_list
from resolvers.rows import RowsById

CHOICES: Mapping[str, ColumnElement[bool]] = {"state": col(Adjustment.state) == bindparam("state")}
ADJUSTMENTS = RowsById(Adjustment, AdjustmentRow)
ALL_ADJUSTMENTS = Listing(Adjustment, AdjustmentRow, NEWEST, choices=CHOICES)
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


async def audit_page(context: Context, page: Page, columns: Columns = None) -> Slice[AuditEventRow]:
    """What admins did, newest first."""
    return await whole_list(context, AUDIT_LOG, page, columns=columns)
