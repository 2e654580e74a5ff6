"""What admins see: adjustments of wallets, shortfalls, and what admins did."""

from datetime import datetime
from decimal import Decimal

import strawberry

from core.ids import encode_id
from models.rows import AdjustmentRow, AuditEventRow, ShortfallRow
from models.tables import ReturnState
from resolvers.tokens.payments import payments_by_id
from resolvers.tokens.treasury import adjustments_by_id, shortfalls_by_id
from subgraphs.shared.access import Audience
from subgraphs.shared.columns import column
from subgraphs.shared.entities import Node, entity
from subgraphs.shared.fields import batch_field
from subgraphs.shared.ids import Kind
from subgraphs.shared.scalars import AZR, JSON, SignedAZR
from subgraphs.shared.showing import Shown
from subgraphs.tokens.enums import AdjustmentKind, AdjustmentState
from subgraphs.tokens.payments import Payment
from subgraphs.tokens.types import User


def _left(row: ShortfallRow) -> Decimal:
    if row.state == ReturnState.GIVEN_BACK:
        return Decimal(0)
    return row.shortfall_azr - row.recovered_azr - row.written_off_azr


@entity(
    Kind.SHORTFALL,
    audience=Audience.ADMINS,
    description=(
        "AZR whose price a payment provider took back, and which the person had spent. It is in"
        " suspense until it is settled."
    ),
    key="id",
    found_by=shortfalls_by_id,
)
class Shortfall(Node):
    """A return of money with a shortfall."""

    parent: strawberry.Private[ShortfallRow]
    amount: AZR = column("shortfall_azr", description="How much was spent already.")
    recovered: AZR = column("recovered_azr", description="What the person has paid of it since.")
    written_off: AZR = column("written_off_azr", description="What the platform bears of it.")
    left: AZR = column(
        shown=_left,
        reads=("state", "shortfall_azr", "recovered_azr", "written_off_azr"),
        description="What is left to settle; nothing is, once the money came back.",
    )
    created_at: datetime = column("created_at", description="Since when.")

    user: User = batch_field(
        payments_by_id,
        key="parent.payment_id",
        shown=lambda payment: User.of(payment.user_id),
        description="Who owes it.",
    )
    payment: Payment = batch_field(
        payments_by_id,
        key="parent.payment_id",
        shown=Shown(Payment),
        description="The payment whose money was taken back.",
    )


@entity(
    Kind.ADJUSTMENT,
    audience=Audience.ADMINS,
    description="A change of a wallet that one admin proposes and another one decides on.",
    key="id",
    found_by=adjustments_by_id,
)
class Adjustment(Node):
    """An adjustment."""

    parent: strawberry.Private[AdjustmentRow]
    kind: AdjustmentKind = column("kind", shown=AdjustmentKind, description="What it does.")
    amount: SignedAZR = column(
        "amount", description="How much; negative where a correction takes AZR away."
    )
    reason: str = column("reason", description="Why, in the words of the admin who proposed it.")
    state: AdjustmentState = column(
        "state", shown=AdjustmentState, description="How far it has come."
    )
    rejection_reason: str | None = column(
        "rejection_reason", description="Why not; null unless it was rejected."
    )
    created_at: datetime = column("created_at", description="When it was proposed.")
    decided_at: datetime | None = column(
        "decided_at", description="When it was approved or rejected; null until then."
    )
    user: User = column("user_id", shown=Shown(User), description="Whose wallet it changes.")
    shortfall: Shortfall | None = batch_field(
        shortfalls_by_id,
        key="parent.return_id",
        shown=Shown(Shortfall),
        description="What it settles; null if it settles nothing.",
    )
    proposer: User = column("proposer_id", shown=Shown(User), description="Who proposed it.")
    decider: User | None = column(
        "decider_id", shown=Shown(User), description="Who approved or rejected it; null until then."
    )


@strawberry.type(description="Something that an admin did. Nobody changes what is written of it.")
class AuditEvent:
    """An entry of the audit log."""

    parent: strawberry.Private[AuditEventRow]
    action: str = column("action", description="What was done, such as `wallet_frozen`.")
    subject_id: strawberry.ID = column(
        shown=lambda row: encode_id(row.subject_kind, row.subject_id),
        reads=("subject_kind", "subject_id"),
        description="To what it was done. The prefix of the id names the kind.",
    )
    facts: JSON = column("facts", description="What it was done with, the reason among it.")
    request_id: str = column("request_id", description="The request, as the log has it.")
    created_at: datetime = column("created_at", description="When it was done.")
    actor: User = column("actor_id", shown=Shown(User), description="Who did it.")
