"""Payments of money: what clients see of them, and buying AZR."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from core.errors import DomainError
from core.validation import InvalidInput
from models.rows import PaymentRow
from resolvers.tokens.payments import payments_by_id
from services.payments.checkouts import buy_tokens
from services.payments.provider import PaymentProviderUnavailable, PaymentRefused
from subgraphs.shared.access import Audience, Info
from subgraphs.shared.columns import column
from subgraphs.shared.entities import Node, entity
from subgraphs.shared.errors import InvalidInputError, Refusals, UserError, shown_refusal
from subgraphs.shared.fields import mutation
from subgraphs.shared.ids import Kind
from subgraphs.shared.money import (
    IDEMPOTENCY_KEY,
    IS_REPLAY,
    MONEY_REFUSALS,
    IdempotencyMismatchError,
    told_of_replay,
)
from subgraphs.shared.scalars import AZR
from subgraphs.tokens.enums import PaymentPurpose, PaymentState, Plan, ProviderName

PENDING = PaymentState.PENDING.value


def usd_of(cents: int) -> Decimal:
    """Cents as US dollars."""
    return Decimal(cents).scaleb(-2)


def _checkout_url(row: PaymentRow) -> str | None:
    return row.checkout_url if row.state == PENDING else None


@entity(
    Kind.PAYMENT,
    audience=Audience.OWNER,
    description="Money that a person pays through a payment provider.",
    key="id",
    found_by=payments_by_id,
)
class Payment(Node):
    """A payment."""

    parent: strawberry.Private[PaymentRow]
    purpose: PaymentPurpose = column("purpose", shown=PaymentPurpose, description="What it buys.")
    provider: ProviderName = column(
        "provider", shown=ProviderName, description="Who takes the money."
    )
    state: PaymentState = column("state", shown=PaymentState, description="How far it has come.")
    amount_usd: Decimal = column(
        "amount_cents", shown=usd_of, description="The price in US dollars."
    )
    returned_usd: Decimal = column(
        "returned_cents",
        shown=usd_of,
        description="What the provider gave back of it, in US dollars.",
    )
    amount_azr: AZR | None = column(
        "amount_azr", description="The AZR that it buys; null if it buys something else."
    )
    plan: Plan | None = column(
        "plan", shown=Plan, description="The plan that it buys; null if it buys something else."
    )
    checkout_url: str | None = column(
        shown=_checkout_url,
        reads=("checkout_url", "state"),
        description="The page on which to pay; null if nothing is to be paid there.",
    )
    created_at: datetime = column("created_at", description="When it was begun.")
    paid_at: datetime | None = column("paid_at", description="When it was paid; null before.")

    @property
    def owner_id(self) -> UUID:
        return self.parent.user_id


@strawberry.type(description="The payment provider does not answer; the same may be sent again.")
class PaymentProviderUnavailableError(UserError):
    """PaymentProviderUnavailable, as clients see it."""


@strawberry.type(description="The payment was refused. Another one needs a new idempotency key.")
class PaymentRefusedError(UserError):
    """PaymentRefused, as clients see it."""


PAYMENT_REFUSALS: Refusals = {
    **MONEY_REFUSALS,
    InvalidInput: InvalidInputError,
    PaymentRefused: PaymentRefusedError,
    PaymentProviderUnavailable: PaymentProviderUnavailableError,
}


@strawberry.input(description="AZR to buy.")
class BuyTokensInput:
    """What buying needs."""

    amount_azr: AZR = strawberry.field(
        description="How much: what costs 0.50 to 10000 US dollars at the posted price."
    )
    provider: ProviderName = strawberry.field(description="Whom to pay.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.type(description="A payment that was begun, and where to pay.")
class BuyTokensPayload:
    """A purchase of AZR."""

    payment: Payment = strawberry.field(
        description="The payment. The AZR comes as soon as the provider confirms it."
    )
    checkout_url: str | None = strawberry.field(
        description="The page on which to pay; null if nothing is to be paid there any more."
    )
    is_replay: bool = strawberry.field(description=IS_REPLAY)


BuyTokensResult = Annotated[
    BuyTokensPayload
    | PaymentRefusedError
    | PaymentProviderUnavailableError
    | IdempotencyMismatchError
    | InvalidInputError,
    strawberry.union("BuyTokensResult", description="The payment that was begun, or why not."),
]


async def written_payment(info: Info, payment_id: UUID) -> Payment:
    """A payment of the viewer that a command has just written."""
    row = await info.context.loader(payments_by_id).load(payment_id)
    assert row is not None  # noqa: S101  # the command has just written it
    return Payment.of(row)


@strawberry.type
class PaymentMutation:
    """Paying money."""

    @mutation(
        audience=Audience.SIGNED_IN,
        description=(
            "Buy AZR with money: at the posted price, in whole cents, rounded up. Pay at"
            " `checkoutUrl`."
        ),
    )
    async def buy_tokens(
        self,
        info: Info,
        input: BuyTokensInput,  # noqa: A002
    ) -> BuyTokensResult:
        try:
            begun = await buy_tokens(
                info.context.stores,
                info.context.platform.providers,
                user_id=info.context.viewer.required_id(),
                amount_azr=input.amount_azr,
                provider=input.provider,
                idempotency_key=input.idempotency_key,
            )
        except DomainError as error:
            return shown_refusal(error, PAYMENT_REFUSALS)
        payment = await written_payment(info, begun.payment.id)
        return BuyTokensPayload(
            payment=payment,
            checkout_url=_checkout_url(payment.parent),
            is_replay=told_of_replay(info.context, is_replay=begun.is_replay),
        )
