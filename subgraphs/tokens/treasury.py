"""What admins see: adjustments of wallets, and what admins did."""

from datetime import datetime

import strawberry

from core.ids import encode_id
from models.rows import AdjustmentRow, AuditEventRow
from resolvers.tokens.treasury import adjustments_by_id
from subgraphs.shared.access import Audience
from subgraphs.shared.columns import column
from subgraphs.shared.entities import Node, entity
from subgraphs.shared.ids import Kind
from subgraphs.shared.scalars import JSON, SignedAZR
from subgraphs.tokens.enums import AdjustmentKind, AdjustmentState
from subgraphs.tokens.types import User


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
    user: User = column("user_id", shown=User.of, description="Whose wallet it changes.")
    proposer: User = column("proposer_id", shown=User.of, description="Who proposed it.")
    decider: User | None = column(
        "decider_id", shown=User.of, description="Who approved or rejected it; null until then."
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
    actor: User = column("actor_id", shown=User.of, description="Who did it.")
