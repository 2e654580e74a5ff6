"""The plans that people have, and what of them they used today."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from core.clock import start_of_day
from core.statements import Records, Statement, is_among
from models.base import UtcTimestamp
from models.rows import Columns, PlanRow, PlanUsageRow
from models.tables import (
    Plan,
    Service,
    Subscription,
    SubscriptionState,
    Transaction,
    TransactionStatus,
    TransactionType,
    User,
)
from resolvers.context import Context
from resolvers.keyset import row_columns

RUNNING = Statement(
    select(*row_columns(Subscription, PlanRow)).where(
        is_among(col(Subscription.user_id), "ids"),
        col(Subscription.state) != SubscriptionState.ENDED.value,
    )
)


def _used() -> Statement[Records]:
    """What was sent since midnight and is on offer, of each person."""
    sent = select(func.coalesce(func.sum(col(Transaction.amount)), 0)).where(
        col(Transaction.user_id) == col(User.id),
        col(Transaction.type) == TransactionType.TRANSFER_OUT.value,
        col(Transaction.status) == TransactionStatus.COMPLETED.value,
        col(Transaction.created_at) >= bindparam("today", type_=UtcTimestamp()),
    )
    offered = (
        select(func.count())
        .select_from(Service)
        .where(col(Service.provider_id) == col(User.id), col(Service.is_active))
    )
    return Statement(
        select(col(User.id), sent.scalar_subquery(), offered.scalar_subquery()).where(
            is_among(col(User.id), "ids")
        )
    )


USED = _used()


async def plans_of_users(
    context: Context, user_ids: Sequence[UUID], columns: Columns = None
) -> list[PlanRow]:
    """Each person's plan; the free one, if no other."""
    del columns
    found = await context.stores.database.fetch(RUNNING, {"ids": user_ids})
    by_user = {record[0]: PlanRow(*record) for record in found}
    free = SubscriptionState.ACTIVE.value
    return [by_user.get(each) or PlanRow(each, Plan.FREE.value, free) for each in user_ids]


async def plan_usage(
    context: Context, user_ids: Sequence[UUID], columns: Columns = None
) -> list[PlanUsageRow | None]:
    """What each person has used today; `None` for unknown people."""
    del columns
    today = start_of_day(context.stores.clock())
    found = await context.stores.database.fetch(USED, {"ids": user_ids, "today": today})
    by_user = {record[0]: PlanUsageRow(*record) for record in found}
    return [by_user.get(each) for each in user_ids]
