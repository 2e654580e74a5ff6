"""What mutations about AZR answer with."""

from datetime import datetime
from typing import Self

import strawberry

from services.tokens.transfers import Preview
from subgraphs.shared.money import IS_REPLAY
from subgraphs.shared.scalars import AZR
from subgraphs.tokens.treasury import Adjustment
from subgraphs.tokens.types import TokenPrice, Transaction, User, Wallet


@strawberry.type(description="What a transfer would do at this moment.")
class TransferPreview:
    """A transfer that is not made."""

    recipient: User = strawberry.field(description="The person who would receive it.")
    amount: AZR = strawberry.field(description="What would be sent, and received: no fee.")
    balance_after: AZR = strawberry.field(description="What the sender would have left.")
    day_limit: AZR = strawberry.field(description="What the sender's plan allows a day (UTC).")
    day_limit_left: AZR = strawberry.field(
        description="What of it would be left for today, after this."
    )
    resets_at: datetime = strawberry.field(description="When the next day begins.")

    @classmethod
    def of(cls, preview: Preview) -> Self:
        allowance = preview.allowance
        return cls(
            recipient=User.of(preview.recipient_id),
            amount=AZR(preview.amount_azr),
            balance_after=AZR(preview.balance_after_azr),
            day_limit=AZR(allowance.day_max_azr),
            day_limit_left=AZR(allowance.left_azr - preview.amount_azr),
            resets_at=allowance.resets_at,
        )


@strawberry.type(description="The transfer, and the sender's wallet after it.")
class TransferTokensPayload:
    """A transfer."""

    transaction: Transaction = strawberry.field(
        description="The movement on the sender's statement."
    )
    wallet: Wallet = strawberry.field(description="The sender's wallet as it is now.")
    is_replay: bool = strawberry.field(description=IS_REPLAY)


@strawberry.type(description="The price that holds from now on.")
class PostTokenPricePayload:
    """A posted price."""

    token_price: TokenPrice = strawberry.field(description="The price.")


@strawberry.type(description="The wallet, frozen or open again.")
class FreezeWalletPayload:
    """A wallet."""

    wallet: Wallet = strawberry.field(description="The wallet.")


@strawberry.type(description="The proposal, for another admin to decide on.")
class ProposeAdjustmentPayload:
    """A proposal."""

    adjustment: Adjustment = strawberry.field(description="The proposal.")
    is_replay: bool = strawberry.field(description=IS_REPLAY)


@strawberry.type(description="The adjustments, proposed.")
class ProposeAdjustmentsPayload:
    """Proposals."""

    adjustments: list[Adjustment] = strawberry.field(description="One for each line, in order.")
    is_replay: bool = strawberry.field(description=IS_REPLAY)


@strawberry.type(description="The adjustment, carried out.")
class ApproveAdjustmentPayload:
    """An approval."""

    adjustment: Adjustment = strawberry.field(description="The adjustment.")
    is_replay: bool = strawberry.field(description=IS_REPLAY)


@strawberry.type(description="The adjustment, decided against.")
class RejectAdjustmentPayload:
    """A rejection."""

    adjustment: Adjustment = strawberry.field(description="The adjustment.")
