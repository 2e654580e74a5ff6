"""Root fields about orders and their reviews."""

from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

import strawberry

from core.errors import CodedError, DomainError
from models.subjects import Subject
from resolvers.marketplace.live import order_stream
from resolvers.marketplace.orders import disputed_orders_page, orders_by_id
from resolvers.marketplace.queries import services_by_id
from resolvers.marketplace.reviews import reviews_by_id
from services.marketplace.orders.actions import (
    accept_order,
    cancel_order,
    confirm_order,
    decline_order,
    deliver_order,
)
from services.marketplace.orders.commands import Done
from services.marketplace.orders.disputes import add_evidence, open_dispute, resolve_dispute
from services.marketplace.orders.placing import place_order
from services.marketplace.orders.refunds import refund_order
from services.marketplace.reviews import edit_review, review_order
from subgraphs.marketplace.ordering_errors import (
    ORDER_REFUSALS,
    EditReviewResult,
    OrderPayload,
    OrderResult,
    PlaceOrderResult,
    RefundOrderResult,
    ReviewOrderResult,
    ReviewPayload,
    SettleOrderResult,
)
from subgraphs.marketplace.ordering_inputs import (
    AcceptOrderInput,
    AddEvidenceInput,
    CallOffOrderInput,
    ConfirmOrderInput,
    DeliverOrderInput,
    EditReviewInput,
    OpenDisputeInput,
    PlaceOrderInput,
    RefundOrderInput,
    ResolveDisputeInput,
    ReviewOrderInput,
)
from subgraphs.marketplace.orders import Order, OrderQuote
from subgraphs.marketplace.types import Review
from subgraphs.shared.access import Audience, Info, VisibleTo
from subgraphs.shared.caching import PRIVATE, cached
from subgraphs.shared.connections import After, Before, Connection, First, Last, page_of
from subgraphs.shared.errors import shown_refusal
from subgraphs.shared.fields import mutation
from subgraphs.shared.ids import Kind, key_of
from subgraphs.shared.lookahead import columns_below, columns_of
from subgraphs.shared.money import told_of_replay
from subgraphs.shared.showing import Shown

OrderId = Annotated[strawberry.ID, strawberry.argument(description="The order: `ord_...`.")]
ServiceId = Annotated[strawberry.ID, strawberry.argument(description="The service: `svc_...`.")]


@strawberry.type
class OrderQuery:
    """Orders."""

    @strawberry.field(
        description="An order by id; null if there is none that the viewer may see.",
        metadata=PRIVATE,
    )
    async def order(self, info: Info, id: OrderId) -> Order | None:  # noqa: A002
        orders = info.context.loader(orders_by_id, *columns_below(info))
        row = await orders.load(key_of(Kind.ORDER, id))
        return None if row is None else Order.of(row)

    @strawberry.field(
        description="Orders whose dispute is to be decided, oldest first. For support and admins.",
        extensions=[VisibleTo(Audience.SUPPORT)],
        metadata=PRIVATE,
    )
    async def disputed_orders(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Order] | None:
        page = page_of(first, after, last, before)
        found = await disputed_orders_page(info.context, page, *columns_below(info))
        return Connection(page=found, shown=Shown(Order))

    @strawberry.field(
        description="What buying a service would cost; null if it cannot be bought.",
        metadata=cached(60, Subject.SERVICES),
    )
    async def quote_order(self, info: Info, service_id: ServiceId) -> OrderQuote | None:
        row = await info.context.loader(services_by_id).load(key_of(Kind.SERVICE, service_id))
        return None if row is None else OrderQuote.of(row)


@strawberry.type
class OrderMutation:
    """Buying, selling, and judging each other."""

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Buy a service: its price goes into escrow until the order is settled.",
    )
    async def place_order(
        self,
        info: Info,
        input: PlaceOrderInput,  # noqa: A002
    ) -> PlaceOrderResult:
        doing = place_order(
            info.context.stores,
            buyer_id=info.context.viewer.required_id(),
            service_id=key_of(Kind.SERVICE, input.service_id),
            expected_price_azr=input.expected_price_azr,
            note=input.note,
            idempotency_key=input.idempotency_key,
        )
        return await _order(info, doing)

    @mutation(audience=Audience.SIGNED_IN, description="Take an order on, as its seller.")
    async def accept_order(
        self,
        info: Info,
        input: AcceptOrderInput,  # noqa: A002
    ) -> OrderResult:
        doing = accept_order(
            info.context.stores,
            info.context.viewer,
            order_id=key_of(Kind.ORDER, input.order_id),
        )
        return await _order(info, doing)

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Do not take an order on, as its seller: the buyer has everything back.",
    )
    async def decline_order(
        self,
        info: Info,
        input: CallOffOrderInput,  # noqa: A002
    ) -> SettleOrderResult:
        doing = decline_order(
            info.context.stores,
            info.context.viewer,
            order_id=key_of(Kind.ORDER, input.order_id),
            reason=input.reason,
            idempotency_key=input.idempotency_key,
        )
        return await _order(info, doing)

    @mutation(audience=Audience.SIGNED_IN, description="Say that the work is done, as the seller.")
    async def deliver_order(
        self,
        info: Info,
        input: DeliverOrderInput,  # noqa: A002
    ) -> OrderResult:
        doing = deliver_order(
            info.context.stores,
            info.context.viewer,
            order_id=key_of(Kind.ORDER, input.order_id),
            note=input.note,
        )
        return await _order(info, doing)

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Say that all is well, as the buyer: the seller is paid.",
    )
    async def confirm_order(
        self,
        info: Info,
        input: ConfirmOrderInput,  # noqa: A002
    ) -> SettleOrderResult:
        doing = confirm_order(
            info.context.stores,
            info.context.viewer,
            order_id=key_of(Kind.ORDER, input.order_id),
            idempotency_key=input.idempotency_key,
        )
        return await _order(info, doing)

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Call an order off: the buyer until it is accepted, then the seller.",
    )
    async def cancel_order(
        self,
        info: Info,
        input: CallOffOrderInput,  # noqa: A002
    ) -> SettleOrderResult:
        doing = cancel_order(
            info.context.stores,
            info.context.viewer,
            order_id=key_of(Kind.ORDER, input.order_id),
            reason=input.reason,
            idempotency_key=input.idempotency_key,
        )
        return await _order(info, doing)

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Disagree, as the buyer, until the order is confirmed: support decides.",
    )
    async def open_dispute(
        self,
        info: Info,
        input: OpenDisputeInput,  # noqa: A002
    ) -> OrderResult:
        doing = open_dispute(
            info.context.stores,
            info.context.viewer,
            order_id=key_of(Kind.ORDER, input.order_id),
            reason=input.reason,
            evidence=[each.given() for each in input.evidence],
        )
        return await _order(info, doing)

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Put more forward in a dispute, as buyer or seller.",
    )
    async def add_evidence(
        self,
        info: Info,
        input: AddEvidenceInput,  # noqa: A002
    ) -> OrderResult:
        doing = add_evidence(
            info.context.stores,
            info.context.viewer,
            order_id=key_of(Kind.ORDER, input.order_id),
            evidence=[each.given() for each in input.evidence],
        )
        return await _order(info, doing)

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Decide a dispute, as support or an admin who has no part in it.",
    )
    async def resolve_dispute(
        self,
        info: Info,
        input: ResolveDisputeInput,  # noqa: A002
    ) -> SettleOrderResult:
        doing = resolve_dispute(
            info.context.stores,
            info.context.viewer,
            order_id=key_of(Kind.ORDER, input.order_id),
            refund_azr=input.refund_azr,
            reason=input.reason,
            idempotency_key=input.idempotency_key,
        )
        return await _order(info, doing)

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Give back some or all of a completed order's price, as its seller.",
    )
    async def refund_order(
        self,
        info: Info,
        input: RefundOrderInput,  # noqa: A002
    ) -> RefundOrderResult:
        doing = refund_order(
            info.context.stores,
            info.context.viewer,
            order_id=key_of(Kind.ORDER, input.order_id),
            amount_azr=input.amount_azr,
            reason=input.reason,
            idempotency_key=input.idempotency_key,
        )
        return await _order(info, doing)

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Review an order that was paid out, as its buyer or its seller, once.",
    )
    async def review_order(
        self,
        info: Info,
        input: ReviewOrderInput,  # noqa: A002
    ) -> ReviewOrderResult:
        try:
            review_id = await review_order(
                info.context.stores,
                info.context.viewer,
                order_id=key_of(Kind.ORDER, input.order_id),
                rating=input.rating,
                comment=input.comment,
            )
        except DomainError as error:
            return shown_refusal(error, ORDER_REFUSALS)
        return await _review(info, review_id)

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Change a review of one's own within a day, its stars only until it is shown.",
    )
    async def edit_review(
        self,
        info: Info,
        input: EditReviewInput,  # noqa: A002
    ) -> EditReviewResult:
        review_id = key_of(Kind.REVIEW, input.id)
        try:
            await edit_review(
                info.context.stores,
                info.context.viewer,
                review_id=review_id,
                rating=input.rating,
                comment=input.comment,
            )
        except DomainError as error:
            return shown_refusal(error, ORDER_REFUSALS)
        return await _review(info, review_id)


@strawberry.type
class Subscription:
    """Orders, live."""

    @strawberry.subscription(
        description=(
            "An order: at once, then after each of its changes. For its buyer, its seller, support"
            " and admins."
        )
    )
    async def order_updated(self, info: Info, order_id: OrderId) -> AsyncGenerator[Order, None]:
        info.context.viewer.required_id()
        is_seen = False
        async with aclosing(order_stream(info.context, key_of(Kind.ORDER, order_id))) as stream:
            async for row in stream:
                is_seen = True
                yield Order.of(row)
        if not is_seen:
            message = "There is no such order of yours."
            raise CodedError(message, code="NOT_FOUND")


async def _order(info: Info, doing: Awaitable[Done]) -> Any:
    """The order after a command, or how clients see its refusal."""
    try:
        done = await doing
    except DomainError as error:
        return shown_refusal(error, ORDER_REFUSALS)
    orders = info.context.loader(orders_by_id, columns_of(info, Order, "order"))
    row = await orders.load(done.order_id)
    assert row is not None  # noqa: S101  # the command has just written it
    return OrderPayload(
        order=Order.of(row), is_replay=told_of_replay(info.context, is_replay=done.is_replay)
    )


async def _review(info: Info, review_id: UUID) -> ReviewPayload:
    reviews = info.context.loader(reviews_by_id, columns_of(info, Review, "review"))
    row = await reviews.load(review_id)
    assert row is not None  # noqa: S101  # the command has just written it
    return ReviewPayload(review=Review.of(row))
