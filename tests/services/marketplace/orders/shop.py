"""A seller, a service, a buyer, support, and the commands between them.

`BOOKS` finds orders that say other than the ledger.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text
from sqlmodel import col

from core.ids import new_id
from core.stores import Stores
from models.tables import Order, OrderEvent, Role, Service, User
from services.auth.viewer import Viewer
from services.marketplace.orders.actions import (
    accept_order,
    cancel_order,
    confirm_order,
    decline_order,
    deliver_order,
)
from services.marketplace.orders.clock import move_overdue_orders
from services.marketplace.orders.commands import Done, Evidence
from services.marketplace.orders.disputes import add_evidence, open_dispute, resolve_dispute
from services.marketplace.orders.placing import place_order
from services.marketplace.orders.refunds import refund_order
from services.marketplace.orders.states import DEADLINES
from tests.factories import Make
from tests.services.ledger.bank import contradictions

PRICE = Decimal("40.000001")
FUNDS = Decimal(1000)
# What each order says of its price, beside what the ledger moved for it.
BOOKS = """
    WITH moved AS (
        SELECT posted.reference_id AS order_id,
            coalesce(sum(entry.amount) FILTER (WHERE account.kind = 'order_escrow'), 0) AS escrow,
            coalesce(sum(entry.amount) FILTER (WHERE account.kind = 'commission'), 0) AS commission,
            coalesce(sum(entry.amount) FILTER (
                WHERE account.kind = 'wallet' AND posted.kind <> 'purchase'
                    AND account.owner_id = orders.buyer_id), 0) AS refunded,
            coalesce(sum(entry.amount) FILTER (
                WHERE account.kind = 'wallet' AND account.owner_id = orders.seller_id), 0)
                AS earned,
            -sum(entry.amount) FILTER (
                WHERE account.kind = 'wallet' AND posted.kind = 'purchase') AS price
        FROM ledger_transactions posted
        JOIN orders ON orders.id = posted.reference_id AND posted.reference_kind = 'order'
        JOIN ledger_entries entry ON entry.transaction_id = posted.id
        JOIN ledger_accounts account ON account.id = entry.account_id
        GROUP BY posted.reference_id
    )
    SELECT orders.id, orders.state FROM orders LEFT JOIN moved ON moved.order_id = orders.id
    WHERE (orders.price_azr, orders.refunded_azr) IS DISTINCT FROM (moved.price, moved.refunded)
        OR moved.escrow <> CASE
            WHEN orders.state IN ('paid', 'accepted', 'delivered', 'disputed')
                THEN orders.price_azr ELSE 0 END
        OR (orders.paid_out_at IS NOT NULL) <> EXISTS (
            SELECT FROM ledger_transactions posted WHERE posted.reference_id = orders.id
                AND posted.kind IN ('release', 'settlement'))
        OR moved.escrow = 0 AND (
            orders.commission_azr <> moved.commission
            OR orders.price_azr - orders.commission_azr - orders.refunded_azr <> moved.earned)
        OR moved.escrow > 0 AND (moved.commission, moved.earned) <> (0, 0)
        OR orders.version <> (
            SELECT count(*) FROM order_events event WHERE event.order_id = orders.id)
        OR orders.state <> (
            SELECT event.to_state FROM order_events event
            WHERE event.order_id = orders.id AND event.position = orders.version)
    UNION ALL
    SELECT reference_id, 'no order' FROM ledger_transactions
    WHERE reference_kind = 'order' AND reference_id NOT IN (SELECT id FROM orders)
"""
# Events that nobody would hear of.
UNTOLD = """
    SELECT event.order_id AS id FROM order_events event
    LEFT JOIN outbox ON outbox.subject_id = event.id AND outbox.topic = 'order.updated'
    WHERE outbox.payload IS DISTINCT FROM jsonb_build_object(
        'order_id', event.order_id, 'state', event.to_state, 'sequence', event.position)
"""

# Ratings that are not those of the reviews that are shown.
RECOUNT = """
    SELECT id::text FROM services
    LEFT JOIN (
        SELECT service_id, count(*) AS number, sum(rating) AS total FROM reviews
        WHERE shown_at IS NOT NULL AND buyer_id IS NULL GROUP BY service_id
    ) counted ON counted.service_id = id
    WHERE (review_count, rating_total)
        IS DISTINCT FROM (coalesce(number, 0)::int, coalesce(total, 0)::int)
    UNION ALL
    SELECT coalesce(user_id, buyer_id)::text FROM buyer_ratings
    FULL JOIN (
        SELECT buyer_id, count(*) AS number, sum(rating) AS total FROM reviews
        WHERE shown_at IS NOT NULL AND buyer_id IS NOT NULL GROUP BY buyer_id
    ) counted ON counted.buyer_id = user_id
    WHERE (review_count, rating_total) IS DISTINCT FROM (number, total)
"""


def fresh() -> str:
    """An idempotency key that nobody has used."""
    return new_id().hex


@dataclass
class Shop:
    """Each method is a command; amounts are text or numbers."""

    stores: Stores
    make: Make
    service: Service
    buyer: User
    seller: User
    support: User
    viewers: dict[str, Viewer] = field(init=False)

    def __post_init__(self) -> None:
        self.viewers = {
            name: self.make.viewer(getattr(self, name)) for name in ("buyer", "seller", "support")
        }
        self.viewers["stranger"] = Viewer(user_id=new_id())

    @classmethod
    async def open(cls, stores: Stores, make: Make) -> "Shop":
        seller, buyer = await make.user(), await make.user(azr_balance=FUNDS)
        service = await make.service(seller, price_azr=PRICE)
        return cls(stores, make, service, buyer, seller, await make.user(Role.SUPPORT))

    async def place(self, **values: Any) -> Done:
        asked = {
            "buyer_id": self.buyer.id,
            "service_id": self.service.id,
            "expected_price_azr": None,
            "note": "",
            "idempotency_key": fresh(),
        }
        return await place_order(self.stores, **{**asked, **values})

    async def act(self, who: str, action: str, order_id: Any, **values: Any) -> Done:
        """An action by its name, with what a test does not care about filled in."""
        command, defaults = COMMANDS[action]
        if "idempotency_key" in defaults:
            defaults = {**defaults, "idempotency_key": fresh()}
        return await command(
            self.stores, self.viewers[who], order_id=order_id, **{**defaults, **values}
        )

    async def order_in(self, state: str) -> Any:
        """A new order, brought into a state; its id."""
        order_id = (await self.place()).order_id
        for who, action, values in WAYS[state]:
            if who == "clock":
                await self.make_overdue(order_id)
                await move_overdue_orders(self.stores)
            else:
                await self.act(who, action, order_id, **values)
        return order_id

    async def make_overdue(self, order_id: Any) -> None:
        """As if the order's deadline had just been over."""
        async with self.stores.database.transaction() as session:
            await session.execute(
                text(
                    "UPDATE orders SET deadline_at = now() - interval '1 s'"
                    " WHERE id = :id AND deadline_at IS NOT NULL"
                ),
                {"id": order_id},
            )

    async def order(self, order_id: Any) -> Order:
        async with self.stores.database.read() as session:
            return await session.get_one(Order, order_id)

    async def history(self, order_id: Any) -> list[OrderEvent]:
        statement = select(OrderEvent).where(col(OrderEvent.order_id) == order_id)
        async with self.stores.database.read() as session:
            found = await session.scalars(statement.order_by(col(OrderEvent.position)))
            return list(found)

    async def balances(self) -> tuple[Decimal, Decimal]:
        """What buyer and seller have."""
        async with self.stores.database.read() as session:
            buyer = await session.get_one(User, self.buyer.id)
            seller = await session.get_one(User, self.seller.id)
            return buyer.azr_balance, seller.azr_balance

    async def contradictions(self) -> list[Any]:
        """What the ledger's invariants find, and orders that say other than the ledger."""
        async with self.stores.database.read() as session:
            wrong = (await session.execute(text(BOOKS))).all()
            untold = (await session.execute(text(UNTOLD))).all()
            return [*await contradictions(session), *wrong, *untold]


COMMANDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "accept": (accept_order, {}),
    "decline": (decline_order, {"reason": "", "idempotency_key": ""}),
    "deliver": (deliver_order, {"note": ""}),
    "confirm": (confirm_order, {"idempotency_key": ""}),
    "cancel": (cancel_order, {"reason": "", "idempotency_key": ""}),
    "open_dispute": (open_dispute, {"reason": "Not done.", "evidence": ()}),
    "add_evidence": (add_evidence, {"evidence": (Evidence("A text."),)}),
    "resolve_dispute": (
        resolve_dispute,
        {"refund_azr": Decimal(0), "reason": "Seen.", "idempotency_key": ""},
    ),
    "refund": (refund_order, {"amount_azr": Decimal(1), "reason": "", "idempotency_key": ""}),
}
_ACCEPTED = [("seller", "accept", {})]
_DELIVERED = [*_ACCEPTED, ("seller", "deliver", {})]
_DISPUTED = [*_DELIVERED, ("buyer", "open_dispute", {})]
WAYS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "paid": [],
    "accepted": _ACCEPTED,
    "delivered": _DELIVERED,
    "completed": [*_DELIVERED, ("buyer", "confirm", {})],
    "cancelled": [("buyer", "cancel", {})],
    "disputed": _DISPUTED,
    "refunded": [*_DISPUTED, ("support", "resolve_dispute", {"refund_azr": PRICE})],
    "expired": [("clock", "expire", {})],
}
assert {*DEADLINES} <= {*WAYS}
