"""What clients send about orders and their reviews."""

import strawberry

from services.marketplace.orders.commands import Evidence
from subgraphs.shared.money import IDEMPOTENCY_KEY
from subgraphs.shared.scalars import AZR

ORDER_ID = "The order: `ord_...`."
NOTE = "At most 2000 characters, several lines if needed."


@strawberry.input(description="A service to buy.")
class PlaceOrderInput:
    """What buying needs."""

    service_id: strawberry.ID = strawberry.field(description="The service: `svc_...`.")
    expected_price_azr: AZR | None = strawberry.field(
        default=None,
        description="The price that the buyer saw; if it is another now, nothing is bought.",
    )
    note: str = strawberry.field(default="", description=f"What the seller should know. {NOTE}")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="An order to take on.")
class AcceptOrderInput:
    """Which order."""

    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)


@strawberry.input(description="An order that is done.")
class DeliverOrderInput:
    """What was delivered."""

    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    note: str = strawberry.field(default="", description=f"What was delivered, and how. {NOTE}")


@strawberry.input(description="An order to be paid out.")
class ConfirmOrderInput:
    """Which order."""

    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="An order to call off.")
class CallOffOrderInput:
    """Which order, and why."""

    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    reason: str = strawberry.field(default="", description=f"Why. {NOTE}")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="A piece of evidence.")
class EvidenceInput:
    """What to put forward."""

    text: str = strawberry.field(description="1 to 5000 characters, several lines if needed.")
    link: str | None = strawberry.field(
        default=None, description="Where more is to be seen: an https address."
    )

    def given(self) -> Evidence:
        return Evidence(self.text, self.link)


@strawberry.input(description="A disagreement about an order.")
class OpenDisputeInput:
    """What is wrong."""

    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    reason: str = strawberry.field(description="What is wrong: 1 to 2000 characters.")
    evidence: list[EvidenceInput] = strawberry.field(
        default_factory=list[EvidenceInput], description="At most 10 pieces; more may follow."
    )


@strawberry.input(description="More about a disagreement.")
class AddEvidenceInput:
    """What to put forward."""

    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    evidence: list[EvidenceInput] = strawberry.field(description="1 to 10 pieces.")


@strawberry.input(description="How a disagreement ends.")
class ResolveDisputeInput:
    """Who has what."""

    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    refund_azr: AZR = strawberry.field(
        description=(
            "What the buyer gets back, at most 6 decimals: nothing, a part, or the price. The"
            " seller is paid for the rest."
        )
    )
    reason: str = strawberry.field(description="Why: 1 to 2000 characters. Both sides see it.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="A refund of an order that is completed.")
class RefundOrderInput:
    """How much."""

    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    amount_azr: AZR = strawberry.field(
        description="What the buyer gets back, above 0; the commission on it comes back too."
    )
    reason: str = strawberry.field(default="", description=f"Why. {NOTE}")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="A review of an order, as its buyer or its seller.")
class ReviewOrderInput:
    """What judging needs."""

    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    rating: int = strawberry.field(description="From 1 (poor) to 5 (excellent).")
    comment: str = strawberry.field(description="1 to 2000 characters, several lines if needed.")


@strawberry.input(description="Changes of a review. What is left out stays.")
class EditReviewInput:
    """Changes of a review."""

    id: strawberry.ID = strawberry.field(description="The review: `rev_...`.")
    rating: int | None = strawberry.field(
        default=None, description="From 1 (poor) to 5 (excellent); once it is shown it stays."
    )
    comment: str | None = strawberry.field(
        default=None, description="1 to 2000 characters, several lines if needed."
    )
