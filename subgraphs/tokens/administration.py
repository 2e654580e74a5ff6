"""Root fields of the treasury, for admins."""

from typing import Annotated
from uuid import UUID

import strawberry

from core.errors import DomainError
from models.tables import AdjustmentKind
from resolvers.tokens.prices import token_price
from resolvers.tokens.treasury import (
    adjustments_by_id,
    adjustments_page,
    audit_page,
    shortfalls_page,
)
from resolvers.tokens.wallets import wallets
from services.audit import Actor
from services.tokens import adjustments
from services.tokens.adjustment_lists import propose_adjustments
from services.tokens.freezing import set_frozen
from services.tokens.prices import post_token_price
from subgraphs.shared.access import Audience, Info, VisibleTo
from subgraphs.shared.connections import After, Before, Connection, First, Last, given, page_of
from subgraphs.shared.errors import shown_refusal
from subgraphs.shared.fields import mutation
from subgraphs.shared.ids import Kind, key_of
from subgraphs.shared.lookahead import columns_below, columns_of
from subgraphs.shared.money import told_of_replay
from subgraphs.shared.showing import Shown
from subgraphs.tokens.enums import AdjustmentState
from subgraphs.tokens.errors import (
    REFUSALS,
    ApproveAdjustmentResult,
    FreezeWalletResult,
    PostTokenPriceResult,
    ProposeAdjustmentResult,
    ProposeAdjustmentsResult,
    ProposeSettlementResult,
    RejectAdjustmentResult,
)
from subgraphs.tokens.inputs import (
    ApproveAdjustmentInput,
    FreezeWalletInput,
    PostTokenPriceInput,
    ProposeAdjustmentInput,
    ProposeAdjustmentsInput,
    ProposeSettlementInput,
    RejectAdjustmentInput,
)
from subgraphs.tokens.payloads import (
    ApproveAdjustmentPayload,
    FreezeWalletPayload,
    PostTokenPricePayload,
    ProposeAdjustmentPayload,
    ProposeAdjustmentsPayload,
    RejectAdjustmentPayload,
)
from subgraphs.tokens.treasury import Adjustment, AuditEvent, Shortfall
from subgraphs.tokens.types import TokenPrice, Wallet


@strawberry.type
class AdministrationQuery:
    """What admins look at."""

    @strawberry.field(
        description="Adjustments of wallets, newest first. For admins.",
        extensions=[VisibleTo(Audience.ADMINS)],
    )
    async def adjustments(
        self,
        info: Info,
        state: Annotated[
            AdjustmentState | None, strawberry.argument(description="Only those in this state.")
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Adjustment] | None:
        page = page_of(first, after, last, before)
        found = await adjustments_page(info.context, page, given(state), *columns_below(info))
        return Connection(page=found, shown=Shown(Adjustment))

    @strawberry.field(
        description=(
            "What people owe because a payment provider took money back: shortfalls of which"
            " something is left to settle, oldest first. For admins."
        ),
        extensions=[VisibleTo(Audience.ADMINS)],
    )
    async def shortfalls(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Shortfall] | None:
        page = page_of(first, after, last, before)
        found = await shortfalls_page(info.context, page, *columns_below(info))
        return Connection(page=found, shown=Shown(Shortfall))

    @strawberry.field(
        description="What admins did, newest first. For admins.",
        extensions=[VisibleTo(Audience.ADMINS)],
    )
    async def audit_log(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[AuditEvent] | None:
        page = page_of(first, after, last, before)
        found = await audit_page(info.context, page, *columns_below(info))
        return Connection(page=found, shown=lambda row: AuditEvent(parent=row))


@strawberry.type
class AdministrationMutation:
    """What admins do."""

    @mutation(audience=Audience.ADMINS, description="Post the price of AZR.")
    async def post_token_price(
        self,
        info: Info,
        input: PostTokenPriceInput,  # noqa: A002
    ) -> PostTokenPriceResult:
        stores, actor = info.context.stores, _actor(info)
        try:
            await post_token_price(stores, actor, usd=input.usd, reason=input.reason)
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        row = await token_price(info.context)
        assert row is not None  # noqa: S101  # the command has just written one
        return PostTokenPricePayload(token_price=TokenPrice.of(row))

    @mutation(
        audience=Audience.ADMINS,
        description="Let nothing leave a wallet from now on; what comes in still does.",
    )
    async def freeze_wallet(
        self,
        info: Info,
        input: FreezeWalletInput,  # noqa: A002
    ) -> FreezeWalletResult:
        return await _set_frozen(info, input, is_frozen=True)

    @mutation(audience=Audience.ADMINS, description="Let AZR leave a frozen wallet again.")
    async def unfreeze_wallet(
        self,
        info: Info,
        input: FreezeWalletInput,  # noqa: A002
    ) -> FreezeWalletResult:
        return await _set_frozen(info, input, is_frozen=False)

    @mutation(
        audience=Audience.ADMINS,
        description="Propose to change somebody's wallet; another admin decides.",
    )
    async def propose_adjustment(
        self,
        info: Info,
        input: ProposeAdjustmentInput,  # noqa: A002
    ) -> ProposeAdjustmentResult:
        try:
            proposed = await adjustments.propose_adjustment(
                info.context.stores,
                _actor(info),
                user_id=key_of(Kind.USER, input.user_id),
                kind=input.kind,
                amount_azr=input.amount,
                reason=input.reason,
                key=input.idempotency_key,
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return await _shown_proposal(info, proposed)

    @mutation(
        audience=Audience.ADMINS,
        description=(
            "Propose to settle a shortfall: the person pays, from a frozen wallet too, or the"
            " platform does. Another admin decides with `approveAdjustment`."
        ),
    )
    async def propose_settlement(
        self,
        info: Info,
        input: ProposeSettlementInput,  # noqa: A002
    ) -> ProposeSettlementResult:
        try:
            proposed = await adjustments.propose_settlement(
                info.context.stores,
                _actor(info),
                return_id=key_of(Kind.SHORTFALL, input.shortfall_id),
                kind=AdjustmentKind(input.kind.value),
                amount_azr=input.amount,
                reason=input.reason,
                key=input.idempotency_key,
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return await _shown_proposal(info, proposed)

    @mutation(
        audience=Audience.ADMINS,
        description="Propose to change wallets by a list: all of its lines, or none.",
    )
    async def propose_adjustments(
        self,
        info: Info,
        input: ProposeAdjustmentsInput,  # noqa: A002
    ) -> ProposeAdjustmentsResult:
        try:
            proposed = await propose_adjustments(
                info.context.stores, _actor(info), csv_text=input.csv, key=input.idempotency_key
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        columns = columns_of(info, Adjustment, "adjustments")
        loader = info.context.loader(adjustments_by_id, columns)
        rows = await loader.load_many([each.id for each in proposed])
        return ProposeAdjustmentsPayload(
            adjustments=[Adjustment.of(row) for row in rows if row is not None],
            is_replay=told_of_replay(info.context, is_replay=proposed[0].is_replay),
        )

    @mutation(
        audience=Audience.ADMINS,
        description="Carry out an adjustment that another admin proposed, of another's wallet.",
    )
    async def approve_adjustment(
        self,
        info: Info,
        input: ApproveAdjustmentInput,  # noqa: A002
    ) -> ApproveAdjustmentResult:
        id_ = key_of(Kind.ADJUSTMENT, input.id)
        try:
            posting = await adjustments.approve_adjustment(
                info.context.stores,
                _actor(info),
                adjustment_id=id_,
                key=input.idempotency_key,
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return ApproveAdjustmentPayload(
            adjustment=await _written_adjustment(info, id_),
            is_replay=told_of_replay(info.context, is_replay=posting.is_replay),
        )

    @mutation(
        audience=Audience.ADMINS,
        description="Decide against an adjustment, or withdraw one's own.",
    )
    async def reject_adjustment(
        self,
        info: Info,
        input: RejectAdjustmentInput,  # noqa: A002
    ) -> RejectAdjustmentResult:
        id_ = key_of(Kind.ADJUSTMENT, input.id)
        try:
            await adjustments.reject_adjustment(
                info.context.stores, _actor(info), adjustment_id=id_, reason=input.reason
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return RejectAdjustmentPayload(adjustment=await _written_adjustment(info, id_))


def _actor(info: Info) -> Actor:
    return Actor(info.context.viewer.required_id(), info.context.request_id)


async def _set_frozen(
    info: Info,
    input: FreezeWalletInput,  # noqa: A002
    *,
    is_frozen: bool,
) -> FreezeWalletResult:
    user_id = key_of(Kind.USER, input.user_id)
    try:
        await set_frozen(
            info.context.stores,
            _actor(info),
            user_id=user_id,
            is_frozen=is_frozen,
            reason=input.reason,
        )
    except DomainError as error:
        return shown_refusal(error, REFUSALS)
    row = await info.context.loader(wallets).load(user_id)
    assert row is not None  # noqa: S101  # the command has found it
    return FreezeWalletPayload(wallet=Wallet.of(row))


async def _shown_proposal(info: Info, proposed: adjustments.Proposed) -> ProposeAdjustmentPayload:
    return ProposeAdjustmentPayload(
        adjustment=await _written_adjustment(info, proposed.id),
        is_replay=told_of_replay(info.context, is_replay=proposed.is_replay),
    )


async def _written_adjustment(info: Info, adjustment_id: UUID) -> Adjustment:
    columns = columns_of(info, Adjustment, "adjustment")
    row = await info.context.loader(adjustments_by_id, columns).load(adjustment_id)
    assert row is not None  # noqa: S101  # the command has just written it
    return Adjustment.of(row)
