"""The seller's page: earnings, orders, rating and payouts."""

from datetime import date, datetime
from typing import ClassVar, Self
from uuid import UUID

import strawberry

from models.rows import OrderRow
from resolvers.marketplace.queries import ratings_of_providers
from resolvers.marketplace.sales import (
    MonthEarned,
    StateCount,
    earnings_of_sellers,
    payouts_of_sellers,
    states_of_sellers,
)
from subgraphs.marketplace.enums import OrderState
from subgraphs.marketplace.orders import SELLERS_PART, Order
from subgraphs.shared.caching import PRIVATE_HINT, CacheHint
from subgraphs.shared.columns import column
from subgraphs.shared.connections import Connection
from subgraphs.shared.fields import batch_connection, batch_field
from subgraphs.shared.scalars import AZR
from subgraphs.shared.showing import Shown


@strawberry.type(description="What a seller was paid in one month.")
class MonthlyEarnings:
    """A month."""

    month: date = strawberry.field(description="The first day of the month (UTC).")
    earned_azr: AZR = strawberry.field(
        description="What the orders paid out in it left to the seller, after all refunds."
    )
    orders: int = strawberry.field(description="How many orders were paid out.")

    @classmethod
    def of(cls, earned: MonthEarned) -> Self:
        return cls(month=earned.month, earned_azr=AZR(earned.earned_azr), orders=earned.orders)


@strawberry.type(description="How many orders of a seller are in one state.")
class OrderCount:
    """A count."""

    state: OrderState = strawberry.field(description="The state.")
    orders: int = strawberry.field(description="How many orders are in it.")

    @classmethod
    def of(cls, counted: StateCount) -> Self:
        return cls(state=OrderState(counted.state), orders=counted.orders)


@strawberry.type(description="What a seller was paid for one order.")
class Payout:
    """A payout."""

    __cache_hint__: ClassVar[CacheHint] = PRIVATE_HINT
    parent: strawberry.Private[OrderRow]
    amount_azr: AZR = column(
        shown=lambda row: row.price_azr - row.commission_azr - row.refunded_azr,
        reads=SELLERS_PART,
        description="What it left to the seller: less commission and what was refunded since.",
    )
    paid_at: datetime = column("paid_out_at", description="When the seller was paid.")
    order: Order = column(shown=Shown(Order), description="What it was for.")

    @classmethod
    def of(cls, row: OrderRow) -> Self:
        return cls(parent=row)


@strawberry.type(description="What somebody sold, in figures.")
class Sales:
    """A seller's page."""

    __cache_hint__: ClassVar[CacheHint] = PRIVATE_HINT
    parent: strawberry.Private[UUID]
    earnings: list[MonthlyEarnings] = batch_field(
        earnings_of_sellers,
        shown=lambda months: list(map(MonthlyEarnings.of, months)),
        description="This month and the eleven before it, newest first, without empty ones.",
    )
    orders: list[OrderCount] = batch_field(
        states_of_sellers,
        shown=lambda counts: list(map(OrderCount.of, counts)),
        description="How many orders are in which state, of the states that there are.",
    )
    average_rating: float | None = batch_field(
        ratings_of_providers,
        shown=lambda rating: rating.average,
        description="The average of all reviews of the services, 1 to 5; null before the first.",
    )
    review_count: int = batch_field(
        ratings_of_providers,
        shown=lambda rating: rating.count,
        description="How many reviews the services have.",
    )
    payouts: Connection[Payout] = batch_connection(
        payouts_of_sellers,
        shown=Payout.of,
        description="What the person was paid, newest first.",
    )
