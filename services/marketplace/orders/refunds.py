"""What a seller gives back of an order that is completed."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from core.stores import Stores
from core.validation import Checks
from models.tables import Order, OrderAction, OrderState
from services.auth.viewer import Viewer
from services.marketplace.orders.commands import Choice, Done, act, checked_note
from services.marketplace.orders.states import Transition
from services.marketplace.orders.steps import checked_key


async def refund_order(
    stores: Stores,
    viewer: Viewer,
    *,
    order_id: UUID,
    amount_azr: Decimal,
    reason: str,
    idempotency_key: str,
) -> Done:
    """The seller gives some or all of the price back, and the commission comes back in proportion.

    Raises InvalidInput, OrderNotFound, WrongOrderState, RefundTooLarge, InsufficientFunds,
    AccountFrozen, BalanceTooLarge, IdempotencyMismatch.
    """
    checks = Checks()
    text = checked_note(checks, "reason", reason)
    if amount_azr <= 0:
        checks.refuse("amountAzr", "`amountAzr` must be above 0.")
    asked = {"order_id": order_id, "amount_azr": amount_azr, "reason": text}
    key = checked_key(checks, viewer.required_id(), "refundOrder", idempotency_key, asked)

    def choose(order: Order, possible: Sequence[Transition]) -> Choice:
        # More than is left is the ledger's to refuse, whichever state it would lead to.
        is_all = order.refunded_azr + amount_azr >= order.price_azr
        state = OrderState.REFUNDED if is_all else OrderState.COMPLETED
        return next(each for each in possible if each.to_state is state), amount_azr

    return await act(
        stores, viewer, order_id, OrderAction.REFUND, key=key, note=text, choose=choose
    )
