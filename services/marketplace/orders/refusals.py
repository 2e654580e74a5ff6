"""Why something cannot be done with an order, named as facts."""

from collections.abc import Sequence
from decimal import Decimal

from core.errors import DomainError
from models.tables import OrderAction, OrderState


class OrderNotFound(DomainError):
    """No order of the viewer's has this id."""

    code = "ORDER_NOT_FOUND"
    field = ("input", "orderId")

    def __init__(self) -> None:
        super().__init__("There is no such order of yours.")


class WrongOrderState(DomainError):
    """The order is in a `state` in which the viewer may do `available_actions` only."""

    code = "ORDER_STATE"

    def __init__(self, state: OrderState, available_actions: Sequence[OrderAction]) -> None:
        super().__init__(f"You cannot do this with an order that is {state.value}.")
        self.state = state
        self.available_actions = tuple(available_actions)


class NotOnOffer(DomainError):
    """The service cannot be bought: it is not on offer, or has no price."""

    code = "NOT_ON_OFFER"
    field = ("input", "serviceId")

    def __init__(self) -> None:
        super().__init__("This service cannot be bought at the moment.")


class PriceChanged(DomainError):
    """The service costs `price_azr`, and not what the buyer expects."""

    code = "PRICE_CHANGED"
    field = ("input", "expectedPriceAzr")

    def __init__(self, price_azr: Decimal) -> None:
        super().__init__("The price has changed. Look at it again before you buy.")
        self.price_azr = price_azr
