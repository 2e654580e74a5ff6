"""Orders, which only their parties and support see, and what belongs to each of them."""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, func, literal, literal_column, or_, select
from sqlmodel import col

from core.statements import Records, Statement, is_among
from models.rows import Columns, OrderEventRow, OrderEvidenceRow, OrderRow
from models.tables import (
    LedgerTransaction,
    Order,
    OrderAction,
    OrderEvent,
    OrderEvidence,
    OrderState,
    Transaction,
)
from resolvers.context import Context
from resolvers.keyset import (
    NEWEST,
    OLDEST,
    Listing,
    Order as ListOrder,
    Page,
    Slice,
    whole_value,
)
from resolvers.lists import lists_of_parents, whole_list
from resolvers.rows import CountsByParent, RowsById
from services.marketplace.orders.parties import HasParties, party_of
from services.marketplace.orders.states import available_actions

RECEIPTS_EACH_MAX = 100
BY_POSITION = ListOrder("position", (("position", whole_value), ("id", UUID)), is_descending=False)


class OrderRole(StrEnum):
    """On which side of an order somebody is."""

    BUYER = "buyer"
    SELLER = "seller"

    @property
    def key(self) -> str:
        """The column that names them."""
        return f"{self.value}_id"


IS_VIEWER = bindparam("viewer_id", type_=Uuid())
# For support and admins, these read without a parameter.
VISIBLE = {"viewer_id": or_(col(Order.buyer_id) == IS_VIEWER, col(Order.seller_id) == IS_VIEWER)}
IN_STATE = {"state": col(Order.state) == bindparam("state")}
ORDERS = RowsById(Order, OrderRow, choices=VISIBLE)
ORDERS_OF_PEOPLE = Listing(Order, OrderRow, NEWEST, choices=IN_STATE)
ORDER_COUNTS = {role: CountsByParent(Order, role.key, choices=IN_STATE) for role in OrderRole}
# The condition is that of the index of what is disputed.
DISPUTED = Listing(
    Order, OrderRow, OLDEST, where=(col(Order.state) == literal_column(f"'{OrderState.DISPUTED}'"),)
)
HISTORY = Listing(OrderEvent, OrderEventRow, BY_POSITION)
EVENT_COUNTS = CountsByParent(OrderEvent, "order_id")
EVIDENCE = Listing(OrderEvidence, OrderEvidenceRow, OLDEST)
EVIDENCE_COUNTS = CountsByParent(OrderEvidence, "order_id")


def _receipts() -> Statement[Records]:
    """The codes of one person's receipts for orders, the first hundred of each."""
    place = (
        func.row_number()
        .over(
            partition_by=col(LedgerTransaction.reference_id),
            order_by=col(LedgerTransaction.sequence),
        )
        .label("place")
    )
    lines = (
        select(col(LedgerTransaction.reference_id), col(Transaction.receipt_code), place)
        .join(Transaction, col(Transaction.ledger_transaction_id) == col(LedgerTransaction.id))
        .where(
            is_among(col(LedgerTransaction.reference_id), "ids"),
            col(LedgerTransaction.reference_id).is_not(None),
            col(LedgerTransaction.reference_kind) == "order",
            col(Transaction.ledger_transaction_id).is_not(None),
            col(Transaction.user_id) == IS_VIEWER,
        )
        .subquery("lines")
    )
    return Statement(
        select(lines.c.reference_id, lines.c.receipt_code)
        .where(lines.c.place <= literal(RECEIPTS_EACH_MAX, Integer()))
        .order_by(lines.c.reference_id, lines.c.place)
    )


RECEIPTS = _receipts()


async def orders_by_id(
    context: Context, ids: Sequence[UUID], columns: Columns = None
) -> list[OrderRow | None]:
    """Orders by id; `None` for those that the viewer may not see."""
    viewer = context.viewer
    visibility = {} if viewer.is_support else {"viewer_id": viewer.user_id}
    return await ORDERS.read(context.stores.database, ids, visibility, columns)


async def disputed_orders_page(
    context: Context, page: Page, columns: Columns = None
) -> Slice[OrderRow]:
    """What support has to decide on, oldest order first."""
    return await whole_list(context, DISPUTED, page, columns=columns)


async def orders_of_people(
    context: Context,
    user_ids: Sequence[UUID],
    role: OrderRole,
    state: OrderState | None,
    page: Page,
    columns: Columns = None,
) -> list[Slice[OrderRow]]:
    """What each person bought, or sold, newest first."""
    return await lists_of_parents(
        context,
        ORDERS_OF_PEOPLE,
        role.key,
        user_ids,
        page,
        columns,
        counts=partial(order_counts, role=role, state=state),
        parameters=_chosen(state),
    )


async def order_counts(
    context: Context, user_ids: Sequence[UUID], *, role: OrderRole, state: OrderState | None
) -> list[int]:
    return await ORDER_COUNTS[role].read(context.stores.database, user_ids, _chosen(state))


async def history_of_orders(
    context: Context, order_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[OrderEventRow]]:
    """What happened to each order, from its beginning."""
    return await lists_of_parents(
        context, HISTORY, "order_id", order_ids, page, columns, counts=event_counts
    )


async def event_counts(context: Context, order_ids: Sequence[UUID]) -> list[int]:
    return await EVENT_COUNTS.read(context.stores.database, order_ids)


async def evidence_of_orders(
    context: Context, order_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[OrderEvidenceRow]]:
    """What was put forward about each order, oldest first."""
    return await lists_of_parents(
        context, EVIDENCE, "order_id", order_ids, page, columns, counts=evidence_counts
    )


async def evidence_counts(context: Context, order_ids: Sequence[UUID]) -> list[int]:
    return await EVIDENCE_COUNTS.read(context.stores.database, order_ids)


async def receipts_of_orders(context: Context, order_ids: Sequence[UUID]) -> list[list[str]]:
    """The codes of the viewer's own receipts for each order, oldest first."""
    wanted = {"ids": order_ids, "viewer_id": context.viewer.user_id}
    by_order: dict[UUID, list[str]] = {}
    for order_id, code in await context.stores.database.fetch(RECEIPTS, wanted):
        by_order.setdefault(order_id, []).append(code)
    return [by_order.get(each, []) for each in order_ids]


async def actions_of_viewer(
    context: Context, orders: Sequence[Any]
) -> list[tuple[OrderAction, ...]]:
    """What the viewer may do with each of these rows of orders."""
    return [_actions(context, order, OrderState(order.state)) for order in orders]


def _actions(context: Context, order: HasParties, state: OrderState) -> tuple[OrderAction, ...]:
    party = party_of(context.viewer, order)
    return () if party is None else available_actions(party, state)


def _chosen(state: OrderState | None) -> dict[str, Any]:
    return {} if state is None else {"state": state.value}
