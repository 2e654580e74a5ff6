"""What mutations of orders and reviews answer with: payloads, and why they refuse."""

from typing import Annotated, Any

import strawberry

from core.validation import InvalidInput
from services.ledger import RefundTooLarge
from services.marketplace.listings import ServiceNotFound
from services.marketplace.orders.refusals import (
    NotOnOffer,
    OrderNotFound,
    PriceChanged,
    WrongOrderState,
)
from services.marketplace.reviews import (
    AlreadyReviewed,
    NotReviewable,
    ReviewFixed,
    ReviewNotFound,
)
from subgraphs.marketplace.enums import OrderAction, OrderState
from subgraphs.marketplace.errors import ServiceNotFoundError
from subgraphs.marketplace.orders import Order
from subgraphs.marketplace.types import Review
from subgraphs.shared.errors import InvalidInputError, Refusals, UserError
from subgraphs.shared.money import (
    IS_REPLAY,
    MONEY_REFUSALS,
    AccountFrozenError,
    BalanceTooLargeError,
    IdempotencyMismatchError,
    InsufficientFundsError,
    PaymentToOneselfError,
)
from subgraphs.shared.scalars import AZR


@strawberry.type(description="The order after what was done with it.")
class OrderPayload:
    """An order."""

    order: Order = strawberry.field(description="The order.")
    is_replay: bool = strawberry.field(description=f"{IS_REPLAY} Never so without a key.")


@strawberry.type(description="The review as it is now.")
class ReviewPayload:
    """A review."""

    review: Review = strawberry.field(description="The review.")


@strawberry.type(description="No order that the viewer is a part of has this id.")
class OrderNotFoundError(UserError):
    """OrderNotFound, as clients see it."""


@strawberry.type(description="The order is in a state in which the viewer may not do this.")
class OrderStateError(UserError):
    """WrongOrderState, as clients see it."""

    state: OrderState = strawberry.field(description="Where the order is.")
    available_actions: list[OrderAction] = strawberry.field(
        description="What the viewer may do with it instead."
    )

    @classmethod
    def facts(cls, error: WrongOrderState) -> dict[str, Any]:
        """The state, and what it allows."""
        return {"state": error.state, "available_actions": list(error.available_actions)}


@strawberry.type(description="The service is not on offer, or has no price.")
class NotOnOfferError(UserError):
    """NotOnOffer, as clients see it."""


@strawberry.type(description="The service costs something else than the buyer expects.")
class PriceChangedError(UserError):
    """PriceChanged, as clients see it."""

    price_azr: AZR = strawberry.field(description="What it costs now.")

    @classmethod
    def facts(cls, error: PriceChanged) -> dict[str, Any]:
        """The new price."""
        return {"price_azr": AZR(error.price_azr)}


@strawberry.type(description="More would be refunded than the buyer paid.")
class RefundTooLargeError(UserError):
    """RefundTooLarge, as clients see it."""

    available: AZR = strawberry.field(description="What is left to refund.")
    required: AZR = strawberry.field(description="What was asked for.")

    @classmethod
    def facts(cls, error: RefundTooLarge) -> dict[str, Any]:
        """What was left, and what was asked for."""
        return {"available": AZR(error.available_azr), "required": AZR(error.required_azr)}


@strawberry.type(description="The order was not paid out, or too long ago.")
class NotReviewableError(UserError):
    """NotReviewable, as clients see it."""


@strawberry.type(description="The person has reviewed this order already.")
class AlreadyReviewedError(UserError):
    """AlreadyReviewed, as clients see it."""


@strawberry.type(description="No review of the viewer's has this id.")
class ReviewNotFoundError(UserError):
    """ReviewNotFound, as clients see it."""


@strawberry.type(description="The review, or its stars, cannot be changed any more.")
class ReviewFixedError(UserError):
    """ReviewFixed, as clients see it."""


ORDER_REFUSALS: Refusals = {
    **MONEY_REFUSALS,
    InvalidInput: InvalidInputError,
    ServiceNotFound: ServiceNotFoundError,
    OrderNotFound: OrderNotFoundError,
    WrongOrderState: OrderStateError,
    NotOnOffer: NotOnOfferError,
    PriceChanged: PriceChangedError,
    RefundTooLarge: RefundTooLargeError,
    NotReviewable: NotReviewableError,
    AlreadyReviewed: AlreadyReviewedError,
    ReviewNotFound: ReviewNotFoundError,
    ReviewFixed: ReviewFixedError,
}

PlaceOrderResult = Annotated[
    OrderPayload
    | ServiceNotFoundError
    | NotOnOfferError
    | PriceChangedError
    | PaymentToOneselfError
    | InsufficientFundsError
    | AccountFrozenError
    | IdempotencyMismatchError
    | InvalidInputError,
    strawberry.union("PlaceOrderResult", description="The paid order, or why there is none."),
]
OrderResult = Annotated[
    OrderPayload | OrderNotFoundError | OrderStateError | InvalidInputError,
    strawberry.union("OrderResult", description="The order one step further, or why not."),
]
SettleOrderResult = Annotated[
    OrderPayload
    | OrderNotFoundError
    | OrderStateError
    | BalanceTooLargeError
    | IdempotencyMismatchError
    | InvalidInputError,
    strawberry.union(
        "SettleOrderResult", description="The order without anything in escrow, or why not."
    ),
]
RefundOrderResult = Annotated[
    OrderPayload
    | OrderNotFoundError
    | OrderStateError
    | RefundTooLargeError
    | InsufficientFundsError
    | AccountFrozenError
    | BalanceTooLargeError
    | IdempotencyMismatchError
    | InvalidInputError,
    strawberry.union("RefundOrderResult", description="The order with its refund, or why not."),
]
ReviewOrderResult = Annotated[
    ReviewPayload
    | OrderNotFoundError
    | NotReviewableError
    | AlreadyReviewedError
    | InvalidInputError,
    strawberry.union("ReviewOrderResult", description="The new review, or why there is none."),
]
EditReviewResult = Annotated[
    ReviewPayload | ReviewNotFoundError | ReviewFixedError | InvalidInputError,
    strawberry.union("EditReviewResult", description="The changed review, or why not."),
]
