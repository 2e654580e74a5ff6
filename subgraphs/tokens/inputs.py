"""What clients send about movements, prices and wallets."""

from datetime import datetime
from decimal import Decimal

import strawberry

from resolvers.tokens.queries import TransactionFilter as StoredFilter
from services.tokens.recipients import RecipientName
from subgraphs.shared.connections import given
from subgraphs.shared.ids import Kind, key_of
from subgraphs.shared.money import IDEMPOTENCY_KEY
from subgraphs.shared.scalars import AZR, SignedAZR
from subgraphs.tokens.enums import (
    AdjustmentKind,
    SettlementKind,
    TransactionDirection,
    TransactionStatus,
    TransactionType,
)

_WHY = "1 to 500 characters on one line, for the audit log."


@strawberry.input(description="Which movements to list. What is left out does not filter.")
class TransactionFilter:
    """Conditions on movements."""

    types: list[TransactionType] | None = strawberry.field(
        default=strawberry.UNSET, description="Movements of one of these types."
    )
    direction: TransactionDirection | None = strawberry.field(
        default=strawberry.UNSET, description="What came in, or what went out."
    )
    status: TransactionStatus | None = strawberry.field(
        default=strawberry.UNSET, description="Movements that have come this far."
    )

    since: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Movements that began then or later."
    )
    until: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Movements that began before then."
    )

    def stored(self) -> StoredFilter:
        types = given(self.types)
        return StoredFilter(
            types=None if types is None else frozenset(types),
            direction=given(self.direction),
            status=given(self.status),
            since=given(self.since),
            until=given(self.until),
        )


@strawberry.input(one_of=True, description="Whom to send AZR to, by one of these.")
class RecipientInput:
    """A name of somebody."""

    handle: str | None = strawberry.field(
        default=strawberry.UNSET, description="The person's handle, with or without `@`."
    )
    email: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The person's e-mail address: at most 20 different ones an hour.",
    )
    user_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The person's id: `usr_...`."
    )

    def name(self) -> RecipientName:
        user_id = given(self.user_id)
        return RecipientName(
            handle=given(self.handle),
            email=given(self.email),
            user_id=None if user_id is None else key_of(Kind.USER, user_id),
        )


@strawberry.input(description="A transfer to look at before it is made.")
class PreviewTransferInput:
    """What a preview needs."""

    to: RecipientInput = strawberry.field(description="The recipient.")
    amount: AZR = strawberry.field(description="How much to send, above 0.")


@strawberry.input(description="A transfer of AZR.")
class TransferTokensInput:
    """What a transfer needs."""

    to: RecipientInput = strawberry.field(description="The recipient.")
    amount: AZR = strawberry.field(description="How much to send, above 0.")
    memo: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="A word to the recipient, at most 140 characters on one line.",
    )
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="A price of AZR.")
class PostTokenPriceInput:
    """What posting a price needs."""

    usd: Decimal = strawberry.field(description="US dollars for one AZR, above 0.")
    reason: str = strawberry.field(description=f"Why it changes: {_WHY}")


@strawberry.input(description="Whose wallet to freeze or to open again.")
class FreezeWalletInput:
    """What freezing needs."""

    user_id: strawberry.ID = strawberry.field(description="The person: `usr_...`.")
    reason: str = strawberry.field(description=f"Why: {_WHY}")


@strawberry.input(description="A change of somebody's wallet, for another admin to approve.")
class ProposeAdjustmentInput:
    """What proposing needs."""

    user_id: strawberry.ID = strawberry.field(description="The person: `usr_...`.")
    kind: AdjustmentKind = strawberry.field(description="What it does: `MINT`, `BURN` or `ADJUST`.")
    amount: SignedAZR = strawberry.field(
        description="Not 0. Only `ADJUST` takes a sign, where AZR is taken away."
    )
    reason: str = strawberry.field(description=f"Why: {_WHY}")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="Changes of wallets, as a list.")
class ProposeAdjustmentsInput:
    """What proposing by the list needs."""

    csv: str = strawberry.field(
        description=(
            "CSV (RFC 4180). The first line is `userId,kind,amount,reason`; 1 to 200 lines follow,"
            " each with what `ProposeAdjustmentInput` has: `usr_...,MINT,12.5,A prize.`"
        )
    )
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="How to settle a shortfall, for another admin to approve.")
class ProposeSettlementInput:
    """What proposing to settle needs."""

    shortfall_id: strawberry.ID = strawberry.field(description="The shortfall: `sho_...`.")
    kind: SettlementKind = strawberry.field(description="Who bears it.")
    amount: AZR = strawberry.field(description="All that is left of it, or a part.")
    reason: str = strawberry.field(description=f"Why: {_WHY}")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="Which adjustment to carry out.")
class ApproveAdjustmentInput:
    """What approving needs."""

    id: strawberry.ID = strawberry.field(description="The adjustment: `adj_...`.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="Which adjustment to decide against.")
class RejectAdjustmentInput:
    """What rejecting needs."""

    id: strawberry.ID = strawberry.field(description="The adjustment: `adj_...`.")
    reason: str = strawberry.field(description=f"Why not: {_WHY}")
