"""Orders about which buyer and seller do not agree, and how support settles them."""

import re
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from core.stores import Stores
from core.validation import Checks
from models.tables import Order, OrderAction, PostingKind
from services.auth.viewer import Viewer
from services.marketplace.orders.commands import Choice, Done, Evidence, act, checked_note
from services.marketplace.orders.states import Transition
from services.marketplace.orders.steps import checked_key

REASON_LENGTH_MAX = 2000
EVIDENCE_LENGTH_MAX = 5000
EVIDENCE_EACH_MAX = 10
LINK = re.compile(r"https://[^\s<>\"]{4,490}")
# As for prices: of a part with at most 6 decimals, 15 % of the rest is exact.
PLACES_MAX = 6


async def open_dispute(
    stores: Stores, viewer: Viewer, *, order_id: UUID, reason: str, evidence: Sequence[Evidence]
) -> Done:
    """The buyer does not agree; the price stays in escrow until support decides.

    Raises InvalidInput, OrderNotFound, WrongOrderState.
    """
    checks = Checks()
    text = checked_note(checks, "reason", reason, length_min=1, length_max=REASON_LENGTH_MAX)
    kept = _checked(checks, evidence)
    checks.done()
    action = OrderAction.OPEN_DISPUTE
    return await act(stores, viewer, order_id, action, note=text, evidence=kept)


async def add_evidence(
    stores: Stores, viewer: Viewer, *, order_id: UUID, evidence: Sequence[Evidence]
) -> Done:
    """A party puts more forward. Raises InvalidInput, OrderNotFound, WrongOrderState."""
    checks = Checks()
    kept = _checked(checks, evidence)
    if not evidence:
        checks.refuse("evidence", "`evidence` must have at least one piece.")
    checks.done()
    return await act(stores, viewer, order_id, OrderAction.ADD_EVIDENCE, evidence=kept)


async def resolve_dispute(
    stores: Stores,
    viewer: Viewer,
    *,
    order_id: UUID,
    refund_azr: Decimal,
    reason: str,
    idempotency_key: str,
) -> Done:
    """Support decides how much of the price the buyer has back; the seller is paid for the rest.

    Nothing and everything are possible. Raises InvalidInput, OrderNotFound, WrongOrderState,
    BalanceTooLarge, IdempotencyMismatch.
    """
    checks = Checks()
    text = checked_note(checks, "reason", reason, length_min=1, length_max=REASON_LENGTH_MAX)
    if refund_azr != round(refund_azr, PLACES_MAX):
        checks.refuse("refundAzr", f"`refundAzr` must have at most {PLACES_MAX} decimals.")
    asked = {"order_id": order_id, "refund_azr": refund_azr, "reason": text}
    key = checked_key(checks, viewer.required_id(), "resolveDispute", idempotency_key, asked)

    def choose(order: Order, possible: Sequence[Transition]) -> Choice:
        if refund_azr > order.price_azr:
            above = Checks()
            above.refuse("refundAzr", f"`refundAzr` must be at most {order.price_azr:f}.")
            above.done()
        posts = _outcome(order, refund_azr)
        given_back = refund_azr if posts is PostingKind.SETTLEMENT else Decimal(0)
        return next(each for each in possible if each.posts is posts), given_back

    action = OrderAction.RESOLVE_DISPUTE
    return await act(stores, viewer, order_id, action, key=key, note=text, choose=choose)


def _outcome(order: Order, refund_azr: Decimal) -> PostingKind:
    if not refund_azr:
        return PostingKind.RELEASE
    is_whole = refund_azr == order.price_azr
    return PostingKind.REFUND if is_whole else PostingKind.SETTLEMENT


def _checked(checks: Checks, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The pieces without outer spaces."""
    if len(evidence) > EVIDENCE_EACH_MAX:
        checks.refuse("evidence", f"`evidence` must have at most {EVIDENCE_EACH_MAX} pieces.")
    kept: list[Evidence] = []
    for piece in evidence[:EVIDENCE_EACH_MAX]:
        text = checks.text("text", piece.text, length_max=EVIDENCE_LENGTH_MAX, is_long=True)
        link = piece.link
        if link is not None:
            message = "`link` must be an address that begins with `https://`."
            link = checks.matching("link", link, LINK, message)
        kept.append(Evidence(text, link))
    return kept
