"""The state machine of orders, as data: who may do what when, and what it posts on the ledger.

Commands look up here what they may do. Nothing else decides on an order's state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from models.tables import OrderAction, OrderParty, OrderState, PostingKind


@dataclass(frozen=True, slots=True)
class Transition:
    """One step: what it is called, who takes it, from where to where, and what it posts."""

    action: OrderAction
    party: OrderParty
    from_state: OrderState | None
    to_state: OrderState
    posts: PostingKind | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """What the clock does with an order that has been in a state for so long."""

    action: OrderAction
    after: timedelta


_BUYER, _SELLER = OrderParty.BUYER, OrderParty.SELLER
_SUPPORT, _CLOCK = OrderParty.SUPPORT, OrderParty.CLOCK
_CREATED, _PAID, _ACCEPTED = OrderState.CREATED, OrderState.PAID, OrderState.ACCEPTED
_DELIVERED, _DISPUTED = OrderState.DELIVERED, OrderState.DISPUTED
_COMPLETED, _CANCELLED = OrderState.COMPLETED, OrderState.CANCELLED
_REFUNDED, _EXPIRED = OrderState.REFUNDED, OrderState.EXPIRED
_BACK = PostingKind.REFUND
TRANSITIONS = (
    Transition(OrderAction.PLACE, _BUYER, None, _CREATED),
    Transition(OrderAction.PAY, _BUYER, _CREATED, _PAID, PostingKind.PURCHASE),
    Transition(OrderAction.ACCEPT, _SELLER, _PAID, _ACCEPTED),
    Transition(OrderAction.DECLINE, _SELLER, _PAID, _CANCELLED, _BACK),
    # Until somebody works for it the buyer may think again; afterwards only the seller gives up.
    Transition(OrderAction.CANCEL, _BUYER, _PAID, _CANCELLED, _BACK),
    Transition(OrderAction.CANCEL, _SELLER, _ACCEPTED, _CANCELLED, _BACK),
    Transition(OrderAction.DELIVER, _SELLER, _ACCEPTED, _DELIVERED),
    Transition(OrderAction.CONFIRM, _BUYER, _DELIVERED, _COMPLETED, PostingKind.RELEASE),
    Transition(OrderAction.EXPIRE, _CLOCK, _PAID, _EXPIRED, _BACK),
    Transition(OrderAction.EXPIRE, _CLOCK, _ACCEPTED, _EXPIRED, _BACK),
    Transition(OrderAction.COMPLETE, _CLOCK, _DELIVERED, _COMPLETED, PostingKind.RELEASE),
    Transition(OrderAction.OPEN_DISPUTE, _BUYER, _ACCEPTED, _DISPUTED),
    Transition(OrderAction.OPEN_DISPUTE, _BUYER, _DELIVERED, _DISPUTED),
    Transition(OrderAction.ADD_EVIDENCE, _BUYER, _DISPUTED, _DISPUTED),
    Transition(OrderAction.ADD_EVIDENCE, _SELLER, _DISPUTED, _DISPUTED),
    Transition(OrderAction.RESOLVE_DISPUTE, _SUPPORT, _DISPUTED, _COMPLETED, PostingKind.RELEASE),
    Transition(OrderAction.RESOLVE_DISPUTE, _SUPPORT, _DISPUTED, _REFUNDED, _BACK),
    Transition(OrderAction.RESOLVE_DISPUTE, _SUPPORT, _DISPUTED, _REFUNDED, PostingKind.SETTLEMENT),
    # As often as there is something left; with the last of it the order is refunded.
    Transition(OrderAction.REFUND, _SELLER, _COMPLETED, _COMPLETED, PostingKind.REFUND_RELEASED),
    Transition(OrderAction.REFUND, _SELLER, _COMPLETED, _REFUNDED, PostingKind.REFUND_RELEASED),
)
DEADLINES: Mapping[OrderState, Deadline] = {
    _PAID: Deadline(OrderAction.EXPIRE, timedelta(days=3)),
    _ACCEPTED: Deadline(OrderAction.EXPIRE, timedelta(days=14)),
    _DELIVERED: Deadline(OrderAction.COMPLETE, timedelta(days=7)),
}
PLACING = TRANSITIONS[:2]
"""Whoever places an order pays it at once."""
PAYING_OUT = frozenset({PostingKind.RELEASE, PostingKind.SETTLEMENT})
"""What the seller is paid with."""


def transitions(
    action: OrderAction, party: OrderParty, state: OrderState
) -> tuple[Transition, ...]:
    """The ways that an action of a party may go from a state; none if it may not."""
    wanted = (action, party, state)
    return tuple(
        each for each in TRANSITIONS if (each.action, each.party, each.from_state) == wanted
    )


def available_actions(party: OrderParty, state: OrderState) -> tuple[OrderAction, ...]:
    """What a party may do with an order in a state, each once."""
    possible = (
        each.action for each in TRANSITIONS if (each.party, each.from_state) == (party, state)
    )
    return tuple(dict.fromkeys(possible))
