"""Runs the commands of buyer, seller and support: one order, one transaction, one step.

Two of them at once wait for each other at the order's row, and the later finds another state there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlmodel import col

from core.database import WriteSession
from core.statements import Statement
from core.stores import Stores
from core.validation import Checks
from models.tables import Order, OrderAction, OrderEvidence
from models.topics import balance_topic, order_topic
from services.auth.viewer import Viewer
from services.ledger import Key, carry_out, earlier
from services.marketplace.orders.parties import party_of
from services.marketplace.orders.refusals import OrderNotFound, WrongOrderState
from services.marketplace.orders.states import Transition, available_actions, transitions
from services.marketplace.orders.steps import NOTHING, lock_order, state_of, take

PARTIES = Statement(
    select(col(Order.buyer_id), col(Order.seller_id)).where(
        col(Order.id) == bindparam("order_id", type_=Uuid())
    )
)


@dataclass(frozen=True, slots=True)
class Done:
    """The order after a command, or after an earlier one with the same key."""

    order_id: UUID
    is_replay: bool = False


class Parties(NamedTuple):
    """Between whom an order is. They never change."""

    buyer_id: UUID
    seller_id: UUID

    @property
    def balance_topics(self) -> tuple[str, str]:
        """What is woken when the order's AZR moves."""
        return balance_topic(self.buyer_id), balance_topic(self.seller_id)


class Evidence(NamedTuple):
    """What somebody puts forward: a text, and perhaps where more is to be seen."""

    text: str
    link: str | None = None


Choice = tuple[Transition, Decimal]
Choose = Callable[[Order, Sequence[Transition]], Choice]


def the_only(order: Order, possible: Sequence[Transition]) -> Choice:
    """The way of an action that has one, and gives no part of the price back."""
    del order
    return possible[0], NOTHING


async def parties_of(stores: Stores, order_id: UUID) -> Parties:
    """Between whom an order is. Raises OrderNotFound."""
    found = await stores.database.fetch(PARTIES, {"order_id": order_id})
    if not found:
        raise OrderNotFound
    return Parties(*found[0])


async def act(
    stores: Stores,
    viewer: Viewer,
    order_id: UUID,
    action: OrderAction,
    *,
    key: Key | None = None,
    note: str = "",
    evidence: Sequence[Evidence] = (),
    choose: Choose = the_only,
) -> Done:
    """Take an order one step, as the party that the viewer is. With a key the step moves AZR.

    `choose` decides under the lock which of several ways an action goes, and what it gives back.
    Raises OrderNotFound, WrongOrderState, PostingRefused and what `choose` raises.
    """
    actor_id, parties = viewer.required_id(), await parties_of(stores, order_id)
    party = party_of(viewer, parties)
    if party is None:
        raise OrderNotFound

    async def work(session: WriteSession) -> Done:
        if key is not None and await earlier(session, key) is not None:
            return Done(order_id, is_replay=True)
        order, now = await lock_order(session, order_id)
        state = state_of(order)
        possible = transitions(action, party, state)
        if not possible:
            raise WrongOrderState(state, available_actions(party, state))
        transition, refund_azr = choose(order, possible)
        await take(
            session,
            order,
            transition,
            actor_id=actor_id,
            now=now,
            key=key,
            refund_azr=refund_azr,
            note=note,
        )
        session.add_all(
            OrderEvidence(order_id=order_id, author_id=actor_id, created_at=now, **each._asdict())
            for each in evidence
        )
        return Done(order_id)

    topics = [order_topic(order_id), *(parties.balance_topics if key is not None else ())]
    return await carry_out(stores.database, work, change=partial(stores.change, topics=topics))


def checked_note(
    checks: Checks, name: str, value: str, *, length_min: int = 0, length_max: int = 2000
) -> str:
    """A text for the history."""
    return checks.text(name, value, length_min=length_min, length_max=length_max, is_long=True)
