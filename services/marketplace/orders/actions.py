"""What buyer and seller do with an order that all goes well with, or that they call off."""

from uuid import UUID

from core.stores import Stores
from core.validation import Checks
from models.tables import OrderAction
from services.auth.viewer import Viewer
from services.marketplace.orders.commands import Done, act, checked_note
from services.marketplace.orders.steps import checked_key


async def accept_order(stores: Stores, viewer: Viewer, *, order_id: UUID) -> Done:
    """The seller takes the order on. Raises OrderNotFound, WrongOrderState."""
    return await act(stores, viewer, order_id, OrderAction.ACCEPT)


async def deliver_order(stores: Stores, viewer: Viewer, *, order_id: UUID, note: str) -> Done:
    """The seller says that the work is done.

    Raises InvalidInput, OrderNotFound, WrongOrderState.
    """
    checks = Checks()
    text = checked_note(checks, "note", note)
    checks.done()
    return await act(stores, viewer, order_id, OrderAction.DELIVER, note=text)


async def decline_order(
    stores: Stores, viewer: Viewer, *, order_id: UUID, reason: str, idempotency_key: str
) -> Done:
    """The seller does not take the order on, and the buyer has everything back.

    Raises InvalidInput, OrderNotFound, WrongOrderState, BalanceTooLarge, IdempotencyMismatch.
    """
    return await _call(stores, viewer, order_id, OrderAction.DECLINE, reason, idempotency_key)


async def cancel_order(
    stores: Stores, viewer: Viewer, *, order_id: UUID, reason: str, idempotency_key: str
) -> Done:
    """Call the order off: the buyer before it is accepted, the seller before it is delivered.

    The buyer has everything back. Raises what `decline_order` raises.
    """
    return await _call(stores, viewer, order_id, OrderAction.CANCEL, reason, idempotency_key)


async def confirm_order(
    stores: Stores, viewer: Viewer, *, order_id: UUID, idempotency_key: str
) -> Done:
    """The buyer has what was ordered, and the seller is paid.

    Raises what `decline_order` raises.
    """
    return await _call(stores, viewer, order_id, OrderAction.CONFIRM, "", idempotency_key)


async def _call(
    stores: Stores,
    viewer: Viewer,
    order_id: UUID,
    action: OrderAction,
    reason: str,
    idempotency_key: str,
) -> Done:
    checks = Checks()
    text = checked_note(checks, "reason", reason)
    asked = {"order_id": order_id, "reason": text}
    user_id = viewer.required_id()
    key = checked_key(checks, user_id, f"{action.value}Order", idempotency_key, asked)
    return await act(stores, viewer, order_id, action, key=key, note=text)
