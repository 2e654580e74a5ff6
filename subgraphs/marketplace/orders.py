"""Orders, their history and what is put forward in disputes."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Self

import strawberry

from models.rows import OrderEventRow, OrderEvidenceRow, OrderRow, ServiceRow
from resolvers.marketplace.orders import (
    actions_of_viewer,
    evidence_of_orders,
    history_of_orders,
    orders_by_id,
    receipts_of_orders,
)
from resolvers.marketplace.queries import services_by_id
from resolvers.marketplace.reviews import reviews_of_orders
from services.ledger import commission_of
from services.marketplace.orders.states import DEADLINES
from subgraphs.marketplace.enums import OrderAction, OrderParty, OrderState
from subgraphs.marketplace.types import Review, Service, User
from subgraphs.shared.access import Audience
from subgraphs.shared.caching import PRIVATE_HINT, CacheHint
from subgraphs.shared.columns import READS, column
from subgraphs.shared.connections import Connection
from subgraphs.shared.entities import Node, entity
from subgraphs.shared.fields import batch_connection, batch_field
from subgraphs.shared.ids import Kind
from subgraphs.shared.scalars import AZR
from subgraphs.shared.showing import Shown

SELLERS_PART = ("price_azr", "commission_azr", "refunded_azr")


@strawberry.type(description="What happens to an order if nobody does anything.")
class OrderDeadline:
    """A deadline."""

    action: OrderAction = strawberry.field(description="What the clock does.")
    at: datetime = strawberry.field(description="When, within a minute or so.")


@strawberry.type(description="One step of an order.")
class OrderEvent:
    """A step."""

    __cache_hint__: ClassVar[CacheHint] = PRIVATE_HINT
    parent: strawberry.Private[OrderEventRow]
    position: int = column("position", description="Its place in the history, from 1.")
    action: OrderAction = column("action", shown=OrderAction, description="What was done.")
    party: OrderParty = column("party", shown=OrderParty, description="On whose behalf.")
    actor: User | None = column(
        "actor_id", shown=Shown(User), description="Who did it; null for the clock."
    )
    from_state: OrderState | None = column(
        "from_state", shown=OrderState, description="The state before; null before the first."
    )
    to_state: OrderState = column("to_state", shown=OrderState, description="The state after.")
    refunded_azr: AZR = column(
        "refunded_azr", description="What the buyer got back with this step."
    )
    note: str = column("note", description="What was said with it; may be empty.")
    created_at: datetime = column("created_at", description="When it was done.")

    @classmethod
    def of(cls, row: OrderEventRow) -> Self:
        return cls(parent=row)


@strawberry.type(description="Something that a party puts forward in a dispute.")
class OrderEvidence:
    """A piece of evidence."""

    __cache_hint__: ClassVar[CacheHint] = PRIVATE_HINT
    parent: strawberry.Private[OrderEvidenceRow]
    text: str = column("text", description="What they say.")
    link: str | None = column("link", description="Where more is to be seen: an https address.")
    author: User = column("author_id", shown=Shown(User), description="Who put it forward.")
    created_at: datetime = column("created_at", description="When it was put forward.")

    @classmethod
    def of(cls, row: OrderEvidenceRow) -> Self:
        return cls(parent=row)


def _sellers_part(row: OrderRow) -> Decimal:
    return row.price_azr - row.commission_azr - row.refunded_azr


def _deadline(row: OrderRow) -> OrderDeadline | None:
    if row.deadline_at is None:
        return None
    return OrderDeadline(action=DEADLINES[OrderState(row.state)].action, at=row.deadline_at)


@entity(
    Kind.ORDER,
    audience=Audience.PARTIES,
    description="A service that somebody bought. Buyer, seller, support and admins see it.",
    key="id",
    found_by=orders_by_id,
)
class Order(Node):
    """An order."""

    parent: strawberry.Private[OrderRow]
    state: OrderState = column("state", shown=OrderState, description="Where it is.")
    available_actions: list[OrderAction] = batch_field(
        actions_of_viewer,
        key="parent",
        shown=list,
        description="What the viewer may do with it now.",
        metadata={READS: frozenset({"buyer_id", "seller_id", "state"})},
    )
    next_deadline: OrderDeadline | None = column(
        shown=_deadline,
        reads=("state", "deadline_at"),
        description="What happens when if nobody does anything; null if nothing does.",
    )
    service_name: str = column("service_name", description="What was bought, as it was called.")
    note: str = column("note", description="What the buyer asked for; may be empty.")
    price_azr: AZR = column("price_azr", description="What the buyer paid.")
    commission_azr: AZR = column(
        "commission_azr", description="The platform's part: 15 % of what is not refunded."
    )
    seller_receives_azr: AZR = column(
        shown=_sellers_part,
        reads=SELLERS_PART,
        description="The seller's part: the price less commission and what is refunded.",
    )
    refunded_azr: AZR = column("refunded_azr", description="What the buyer got back.")
    paid_out_at: datetime | None = column(
        "paid_out_at", description="When the seller was paid; null if that has not happened."
    )
    created_at: datetime = column("created_at", description="When it was placed.")
    updated_at: datetime = column("updated_at", description="When something last happened to it.")
    buyer: User = column("buyer_id", shown=Shown(User), description="Who bought it.")
    seller: User = column("seller_id", shown=Shown(User), description="Who sold it.")
    service: Service | None = batch_field(
        services_by_id,
        key="parent.service_id",
        shown=Shown(Service),
        description="The service, as it is offered now.",
    )
    history: Connection[OrderEvent] = batch_connection(
        history_of_orders,
        key="parent.id",
        shown=OrderEvent.of,
        description="What happened to it, from its beginning.",
    )
    evidence: Connection[OrderEvidence] = batch_connection(
        evidence_of_orders,
        key="parent.id",
        shown=OrderEvidence.of,
        description="What was put forward in a dispute, oldest first.",
    )
    reviews: list[Review] = batch_field(
        reviews_of_orders,
        key="parent.id",
        shown=lambda rows: list(map(Review.of, rows)),
        description="What buyer and seller say, as far as the viewer may see it: two at most.",
    )
    receipts: list[str] = batch_field(
        receipts_of_orders,
        key="parent.id",
        description="The codes of the viewer's own receipts for it, oldest first: 100 at most.",
    )


@strawberry.type(description="What buying a service would cost, and who would receive it.")
class OrderQuote:
    """A quote."""

    service: Service = strawberry.field(description="The service.")
    price_azr: AZR = strawberry.field(description="What the buyer pays.")
    commission_azr: AZR = strawberry.field(description="The platform's part: 15 %.")
    seller_receives_azr: AZR = strawberry.field(description="The seller's part.")

    @classmethod
    def of(cls, row: ServiceRow) -> Self | None:
        """The quote for a service; `None` for one that cannot be bought."""
        price = row.price_azr
        if not row.is_active or not price or row.provider_id is None:
            return None
        commission = commission_of(price)
        return cls(
            service=Service.of(row),
            price_azr=AZR(price),
            commission_azr=AZR(commission),
            seller_receives_azr=AZR(price - commission),
        )
