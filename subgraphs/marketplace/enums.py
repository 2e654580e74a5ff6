"""Stored enums that clients see too: declared here, before any annotation names them."""

import strawberry

from models.tables import ListingAction, ListingState, OrderAction, OrderParty, OrderState
from resolvers.marketplace.orders import OrderRole

__all__ = ["ListingAction", "ListingState", "OrderAction", "OrderParty", "OrderRole", "OrderState"]

strawberry.enum(OrderRole, description="A side of an order.")
strawberry.enum(
    OrderParty,
    description="On whose behalf something is done with an order; `CLOCK`: a deadline is over.",
)
strawberry.enum(
    OrderAction,
    description=(
        "What is done with an order. The seller may `ACCEPT`, `DECLINE`, `DELIVER` and `REFUND`,"
        " the buyer `CONFIRM` and `OPEN_DISPUTE`, both `CANCEL` and `ADD_EVIDENCE`, and support"
        " `RESOLVE_DISPUTE`; the clock does `EXPIRE` and `COMPLETE`."
    ),
)
strawberry.enum(
    OrderState,
    description=(
        "Where an order is. Until it is delivered and confirmed its price is in escrow;"
        " `CANCELLED` and `EXPIRED` gave all of it back, `COMPLETED` paid the seller, and"
        " `REFUNDED` gave some of it back by a dispute, or all of it."
    ),
)
strawberry.enum(
    ListingState,
    description=(
        "Where a listing is in its life. Only published ones are on offer; closed ones stay closed."
    ),
)
strawberry.enum(ListingAction, description="What is done with a listing, by the mutation so named.")
