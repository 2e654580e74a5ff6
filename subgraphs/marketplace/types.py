"""Services, reviews, and what the marketplace adds to a person."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry import federation

from models.rows import ReviewRow, ServiceRow
from models.subjects import Subject
from resolvers.marketplace.catalogue import ServiceSort
from resolvers.marketplace.listings import listings_of_providers
from resolvers.marketplace.orders import orders_by_id, orders_of_people
from resolvers.marketplace.queries import (
    ratings_of_providers,
    services_by_id,
    services_of_providers,
)
from resolvers.marketplace.reviews import (
    ratings_of_buyers,
    reviews_by_id,
    reviews_of_buyers,
    reviews_of_services,
)
from services.marketplace.listing_states import available_actions
from subgraphs.marketplace.enums import ListingAction, ListingState, OrderRole, OrderState
from subgraphs.shared.access import Audience, Info, VisibleTo
from subgraphs.shared.caching import PRIVATE, cached, inherited
from subgraphs.shared.columns import READS, column
from subgraphs.shared.connections import (
    After,
    Before,
    Connection,
    First,
    Last,
    given,
    page_of,
)
from subgraphs.shared.entities import Node, entity
from subgraphs.shared.fields import batch_connection, batch_field
from subgraphs.shared.ids import Kind
from subgraphs.shared.lookahead import columns_below
from subgraphs.shared.scalars import AZR
from subgraphs.shared.showing import Shown

if TYPE_CHECKING:
    from subgraphs.marketplace.orders import Order
    from subgraphs.marketplace.sales import Sales

# Orders and sales show people and services, whose modules are read first.
LazyOrder = Annotated["Order", strawberry.lazy("subgraphs.marketplace.orders")]
LazySales = Annotated["Sales", strawberry.lazy("subgraphs.marketplace.sales")]


def _order(row: Any) -> "Order":
    from subgraphs.marketplace.orders import Order  # noqa: PLC0415  # see LazyOrder

    return Order.of(row)


def _sales(seller_id: UUID) -> "Sales":
    from subgraphs.marketplace.sales import Sales  # noqa: PLC0415  # see LazySales

    return Sales(parent=seller_id)


def _average_rating(row: ServiceRow) -> float | None:
    return float(row.average_rating) if row.review_count else None


strawberry.enum(ServiceSort, description="The order of a list of services.")


@entity(
    Kind.REVIEW,
    audience=Audience.EVERYONE,
    description="What one side of an order says of it: the buyer, or the seller of the buyer.",
    key="id",
    found_by=reviews_by_id,
)
class Review(Node):
    """A review."""

    parent: strawberry.Private[ReviewRow]
    rating: int = column("rating", description="From 1 (poor) to 5 (excellent).")
    comment: str = column("comment", description="What the author says.")
    created_at: datetime = column("created_at", description="When it was written.")
    edited_at: datetime | None = column(
        "edited_at", description="When its author last changed it; null if never."
    )
    shown_at: datetime | None = column(
        "shown_at",
        description=(
            "Since when everybody sees it: with the other side's, or 14 days after the order was"
            " paid out. Null until then; only its author sees it."
        ),
    )
    author: "User" = column(
        "author_id",
        shown=Shown(lambda: User),
        description="The person who wrote it.",
        metadata=cached(60, Subject.USERS),
    )
    service: "Service | None" = batch_field(
        services_by_id,
        key="parent.service_id",
        shown=Shown(lambda: Service),
        description="The service that was bought.",
        metadata=cached(60, Subject.SERVICES),
    )
    buyer: "User | None" = column(
        "buyer_id",
        shown=Shown(lambda: User),
        description="The person whom the seller writes about; null if it is about the service.",
        metadata=cached(60, Subject.USERS),
    )
    order: LazyOrder | None = batch_field(
        orders_by_id,
        key="parent.order_id",
        shown=_order,
        description=(
            "The order that it is about; null for people who are no part of it, and for reviews"
            " from before there were orders."
        ),
        metadata=PRIVATE,
    )


@entity(
    Kind.SERVICE,
    audience=Audience.EVERYONE,
    description="Something that a person offers for AZR.",
    key="id",
    found_by=services_by_id,
)
class Service(Node):
    """A service."""

    parent: strawberry.Private[ServiceRow]
    name: str = column("name", description="What is offered, in a few words.")
    category: str | None = column("category", description="The kind of service, such as `Design`.")
    description: str = column("description", description="What the buyer gets.")
    price_azr: AZR | None = column(
        "price_azr", description="The price, at most 6 decimals; null while none is set."
    )
    is_active: bool = column(
        "is_active", description="Whether it is on offer at the moment: whether it is published."
    )
    state: ListingState = column(
        "state",
        shown=ListingState,
        description=(
            "Where it is in its life. Lists for everyone have published ones only; others are found"
            " by their id, from what refers to them, and by their providers and admins in lists."
        ),
    )
    average_rating: float | None = column(
        shown=_average_rating,
        reads=("review_count", "average_rating"),
        description="The average of all its reviews, from 1 to 5; null before the first.",
    )
    review_count: int = column("review_count", description="How many reviews it has.")
    created_at: datetime = column("created_at", description="When it was made.")
    updated_at: datetime = column("updated_at", description="When it last changed.")
    provider: "User | None" = column(
        "provider_id",
        shown=Shown(lambda: User),
        description="The person who offers it.",
        metadata=cached(60, Subject.USERS),
    )
    reviews: Connection[Review] = batch_connection(
        reviews_of_services,
        key="parent.id",
        shown=Shown(Review),
        description="What buyers say of it, newest first.",
        metadata=cached(60, Subject.REVIEWS),
    )

    @federation.field(
        description=(
            "What the viewer may do with it now: everything of its time as its provider, but"
            " resume what an admin paused; mend, take down and resume that as an admin; nothing as"
            " anybody else."
        ),
        metadata={**PRIVATE, READS: frozenset({"state", "provider_id", "is_held"})},
    )
    def available_actions(self, info: Info) -> list[ListingAction]:
        row = self.parent
        actions = available_actions(
            info.context.viewer, row.provider_id, ListingState(row.state), is_held=row.is_held
        )
        return [*actions]


@entity(Kind.USER, audience=Audience.EVERYONE)
class User(Node):
    """A person as a provider."""

    parent: strawberry.Private[UUID]
    services: Connection[Service] = batch_connection(
        services_of_providers,
        shown=Shown(Service),
        description="What the person offers, newest first.",
        metadata=PRIVATE,
    )
    rating: float | None = batch_field(
        ratings_of_providers,
        shown=lambda rating: rating.average,
        description=(
            "The average of all reviews of the person's services, from 1 to 5; null before the"
            " first."
        ),
        metadata=inherited(Subject.REVIEWS, Subject.SERVICES),
    )
    buyer_rating: float | None = batch_field(
        ratings_of_buyers,
        shown=lambda rating: rating.average,
        description="The average of what sellers say of the person, 1 to 5; null before the first.",
        metadata=inherited(Subject.REVIEWS),
    )
    buyer_reviews: Connection[Review] = batch_connection(
        reviews_of_buyers,
        shown=Shown(Review),
        description="What sellers say of the person as a buyer, newest first.",
        metadata=cached(60, Subject.REVIEWS),
    )

    @federation.field(
        description=(
            "All that the person offers, drafted, paused or closed, newest first. Its owner and"
            " admins only."
        ),
        extensions=[VisibleTo(Audience.OWNER)],
    )
    async def listings(
        self,
        info: Info,
        state: Annotated[
            ListingState | None, strawberry.argument(description="Those in this state only.")
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Service] | None:
        page = page_of(first, after, last, before)
        columns = columns_below(info)
        loader = info.context.loader(listings_of_providers, given(state), page, *columns)
        return Connection(page=await loader.load(self.parent), shown=Shown(Service))

    @strawberry.field(
        description="What the person bought, or sold, newest first. Its owner and admins only.",
        extensions=[VisibleTo(Audience.OWNER)],
    )
    async def orders(
        self,
        info: Info,
        role: Annotated[OrderRole, strawberry.argument(description="On which side they are.")],
        state: Annotated[
            OrderState | None, strawberry.argument(description="Orders in this state only.")
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[LazyOrder] | None:
        page = page_of(first, after, last, before)
        loader = info.context.loader(
            orders_of_people, role, given(state), page, *columns_below(info)
        )
        return Connection(page=await loader.load(self.parent), shown=_order)

    @strawberry.field(
        description="What the person sold, in figures. Its owner and admins only.",
        extensions=[VisibleTo(Audience.OWNER)],
    )
    def sales(self) -> LazySales | None:
        return _sales(self.parent)

    @property
    def owner_id(self) -> UUID:
        return self.parent
