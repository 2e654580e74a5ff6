"""Who somebody is to an order."""

from typing import Protocol
from uuid import UUID

from models.tables import OrderParty
from services.auth.viewer import Viewer


class HasParties(Protocol):
    """An order, or what is known of it."""

    @property
    def buyer_id(self) -> UUID: ...

    @property
    def seller_id(self) -> UUID: ...


def party_of(viewer: Viewer, order: HasParties) -> OrderParty | None:
    """The part that a viewer has in an order; `None` for strangers, who do not see it.

    Nobody is support in a matter of their own.
    """
    if viewer.user_id is None:
        return None
    if viewer.user_id == order.buyer_id:
        return OrderParty.BUYER
    if viewer.user_id == order.seller_id:
        return OrderParty.SELLER
    return OrderParty.SUPPORT if viewer.is_support else None
