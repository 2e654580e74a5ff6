"""Plans: what they cost and allow, which one a person has, and changing it."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

import strawberry

from core.errors import DomainError
from models.rows import PlanRow, PlanUsageRow
from models.subjects import Subject
from resolvers.ai.queries import usage_today
from resolvers.tokens.plans import plan_usage, plans_of_users
from resolvers.tokens.prices import token_price
from services.payments.plan_payments import PlanChanged, change_plan, subscribe
from services.plans import RULES, PlanRules
from services.plans.prices import azr_of
from services.plans.subscriptions import (
    AlreadySubscribed,
    NotSubscribed,
    PlanByAgreement,
    cancel_plan,
    resume_plan,
)
from subgraphs.shared.access import Audience, Info
from subgraphs.shared.caching import cached
from subgraphs.shared.columns import column
from subgraphs.shared.connections import given
from subgraphs.shared.errors import InvalidInputError, Refusals, UserError, shown_refusal
from subgraphs.shared.fields import batch_field, mutation
from subgraphs.shared.money import (
    IDEMPOTENCY_KEY,
    IS_REPLAY,
    AccountFrozenError,
    IdempotencyMismatchError,
    InsufficientFundsError,
    told_of_replay,
)
from subgraphs.shared.scalars import AZR
from subgraphs.tokens.enums import PayWith, Plan, ProviderName, SubscriptionState
from subgraphs.tokens.payments import (
    PAYMENT_REFUSALS,
    Payment,
    PaymentProviderUnavailableError,
    PaymentRefusedError,
    usd_of,
    written_payment,
)


@strawberry.type(description="What a plan allows.")
class PlanEntitlements:
    """Rules of a plan."""

    transfer_day_max_azr: AZR = strawberry.field(
        description="The AZR that may be sent to others on a day (UTC)."
    )
    ai_day_tokens: int = strawberry.field(description="The free AI tokens of a day (UTC).")
    listings_max: int = strawberry.field(description="How many listings may be on offer at once.")

    @classmethod
    def of(cls, rules: PlanRules) -> Self:
        return cls(
            transfer_day_max_azr=AZR(rules.transfer_day_max_azr),
            ai_day_tokens=rules.ai_day_tokens,
            listings_max=rules.listings_max,
        )


@strawberry.type(description="A plan that can be had.")
class PlanOffer:
    """A plan and its price."""

    plan: Plan = strawberry.field(description="The plan.")
    month_usd: Decimal | None = strawberry.field(
        description="US dollars a month; null for a plan by agreement."
    )
    month_azr: AZR | None = strawberry.field(
        description="The same in AZR at the posted price; null for a plan by agreement."
    )
    entitlements: PlanEntitlements = strawberry.field(description="What it allows.")

    @classmethod
    def of(cls, rules: PlanRules, usd_per_azr: Decimal | None) -> Self:
        cents, month_azr = rules.month_cents, None
        if cents is not None and usd_per_azr is not None:
            month_azr = AZR(azr_of(cents, usd_per_azr))
        return cls(
            plan=rules.plan,
            month_usd=None if cents is None else usd_of(cents),
            month_azr=month_azr,
            entitlements=PlanEntitlements.of(rules),
        )


@strawberry.type(description="What a person has used of what their plan allows.")
class PlanUsage:
    """Usage of a plan."""

    parent: strawberry.Private[PlanUsageRow]
    transferred_today_azr: AZR = column(
        "transferred_today_azr", description="The AZR that was sent to others today (UTC)."
    )
    ai_tokens_today: int = batch_field(
        usage_today,
        key="parent.user_id",
        shown=lambda row: row.tokens,
        description="The AI tokens that were used today (UTC).",
    )
    listings: int = column("listings", description="How many listings are on offer.")

    @classmethod
    def of(cls, row: PlanUsageRow) -> Self:
        return cls(parent=row)  # pyright: ignore[reportCallIssue]  # the rest is read from it


@strawberry.type(description="A change of plan that waits for the end of the period.")
class PlanChange:
    """What comes next."""

    plan: Plan = strawberry.field(description="The plan from then on.")
    takes_effect_at: datetime = strawberry.field(description="When the period ends.")


def _pending_change(row: PlanRow) -> PlanChange | None:
    plan = Plan.FREE.value if row.cancels_at_end else row.pending_plan
    if plan is None or row.ends_at is None:
        return None
    return PlanChange(plan=Plan(plan), takes_effect_at=row.ends_at)


@strawberry.type(description="The plan that a person has.")
class CurrentPlan:
    """A person's plan."""

    parent: strawberry.Private[PlanRow]
    plan: Plan = column("plan", shown=Plan, description="The plan.")
    state: SubscriptionState = column(
        "state", shown=SubscriptionState, description="Whether it is paid for."
    )
    pay_with: PayWith | None = column(
        "pay_with", shown=PayWith, description="How it is paid for; null for the free plan."
    )
    current_period_end: datetime | None = column(
        "ends_at", description="Until when it is paid for; null for the free plan."
    )
    cancel_at_period_end: bool = column(
        "cancels_at_end", description="Whether it ends with its period."
    )
    pending_change: PlanChange | None = column(
        shown=_pending_change,
        reads=("cancels_at_end", "pending_plan", "ends_at"),
        description="What comes after the period; null if the same plan does.",
    )
    entitlements: PlanEntitlements = column(
        "plan",
        shown=lambda plan: PlanEntitlements.of(RULES[Plan(plan)]),
        description="What it allows.",
    )
    usage: PlanUsage | None = batch_field(
        plan_usage,
        key="parent.user_id",
        shown=PlanUsage.of,
        description="What the person has used of it.",
    )

    @classmethod
    def of(cls, row: PlanRow) -> Self:
        return cls(parent=row)  # pyright: ignore[reportCallIssue]  # the rest is read from it


@strawberry.type(description="This plan is made by agreement, not bought.")
class PlanByAgreementError(UserError):
    """PlanByAgreement, as clients see it."""


@strawberry.type(description="The person has a plan already: `changePlan` changes it.")
class AlreadySubscribedError(UserError):
    """AlreadySubscribed, as clients see it."""


@strawberry.type(description="The person has the free plan: `subscribe` begins another.")
class NotSubscribedError(UserError):
    """NotSubscribed, as clients see it."""


REFUSALS: Refusals = {
    **PAYMENT_REFUSALS,
    PlanByAgreement: PlanByAgreementError,
    AlreadySubscribed: AlreadySubscribedError,
    NotSubscribed: NotSubscribedError,
}


@strawberry.input(description="A plan to begin.")
class SubscribeInput:
    """What subscribing needs."""

    plan: Plan = strawberry.field(description="The plan.")
    pay_with: PayWith = strawberry.field(
        description="A card, at a checkout; or AZR, at the posted price and at once."
    )
    provider: ProviderName | None = strawberry.field(
        default=strawberry.UNSET, description="Whom to pay by card."
    )
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="Another plan.")
class ChangePlanInput:
    """What changing needs."""

    plan: Plan = strawberry.field(description="The plan.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.type(description="The plan, or the payment that it waits for.")
class SubscribePayload:
    """A plan that was begun."""

    plan: CurrentPlan = strawberry.field(description="The plan that the person has now.")
    payment: Payment | None = strawberry.field(
        description="The payment, to be paid at its `checkoutUrl`; null with AZR."
    )
    is_replay: bool = strawberry.field(description=IS_REPLAY)


@strawberry.type(description="The plan after the change, or with it pending.")
class ChangePlanPayload:
    """A plan that was changed."""

    plan: CurrentPlan = strawberry.field(description="The plan that the person has now.")
    payment: Payment | None = strawberry.field(
        description="The payment by the card that is kept; null if there was none."
    )
    is_replay: bool = strawberry.field(description=IS_REPLAY)


@strawberry.type(description="The plan, which ends with its period.")
class CancelPlanPayload:
    """A plan that was cancelled."""

    plan: CurrentPlan = strawberry.field(description="The plan that the person has now.")


@strawberry.type(description="The plan, which goes on.")
class ResumePlanPayload:
    """A plan that goes on."""

    plan: CurrentPlan = strawberry.field(description="The plan that the person has now.")


SubscribeResult = Annotated[
    SubscribePayload
    | PlanByAgreementError
    | AlreadySubscribedError
    | InsufficientFundsError
    | AccountFrozenError
    | PaymentRefusedError
    | PaymentProviderUnavailableError
    | IdempotencyMismatchError
    | InvalidInputError,
    strawberry.union("SubscribeResult", description="The plan that was begun, or why not."),
]
ChangePlanResult = Annotated[
    ChangePlanPayload
    | PlanByAgreementError
    | NotSubscribedError
    | InsufficientFundsError
    | AccountFrozenError
    | PaymentRefusedError
    | PaymentProviderUnavailableError
    | IdempotencyMismatchError
    | InvalidInputError,
    strawberry.union("ChangePlanResult", description="The plan after the change, or why not."),
]
CancelPlanResult = Annotated[
    CancelPlanPayload | NotSubscribedError,
    strawberry.union("CancelPlanResult", description="The plan that ends, or why not."),
]
ResumePlanResult = Annotated[
    ResumePlanPayload | NotSubscribedError | PlanByAgreementError,
    strawberry.union("ResumePlanResult", description="The plan that goes on, or why not."),
]


@strawberry.type
class PlanQuery:
    """Plans on offer."""

    @strawberry.field(
        description="The plans that can be had, cheapest first.",
        metadata=cached(30, Subject.PRICES),
    )
    async def plans(self, info: Info) -> list[PlanOffer]:
        price = await token_price(info.context)
        return [PlanOffer.of(rules, price and price.usd) for rules in RULES.values()]


@strawberry.type
class PlanMutation:
    """Having plans."""

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Begin a plan: with AZR at once, by card as soon as the checkout is paid.",
    )
    async def subscribe(
        self,
        info: Info,
        input: SubscribeInput,  # noqa: A002
    ) -> SubscribeResult:
        try:
            changed = await subscribe(
                info.context.stores,
                info.context.platform.providers,
                user_id=info.context.viewer.required_id(),
                plan=input.plan,
                pay_with=input.pay_with,
                provider=given(input.provider),
                idempotency_key=input.idempotency_key,
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return SubscribePayload(
            plan=await _own_plan(info),
            payment=await _payment_of(info, changed),
            is_replay=told_of_replay(info.context, is_replay=changed.is_replay),
        )

    @mutation(
        audience=Audience.SIGNED_IN,
        description=(
            "Have a dearer plan at once, for the price of a month: what is left of the present"
            " period is added as time. Have a cheaper one when the period ends."
        ),
    )
    async def change_plan(
        self,
        info: Info,
        input: ChangePlanInput,  # noqa: A002
    ) -> ChangePlanResult:
        try:
            changed = await change_plan(
                info.context.stores,
                info.context.platform.providers,
                user_id=info.context.viewer.required_id(),
                plan=input.plan,
                idempotency_key=input.idempotency_key,
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return ChangePlanPayload(
            plan=await _own_plan(info),
            payment=await _payment_of(info, changed),
            is_replay=told_of_replay(info.context, is_replay=changed.is_replay),
        )

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Let the plan end with its period; at once, if it is past due.",
    )
    async def cancel_plan(self, info: Info) -> CancelPlanResult:
        try:
            await cancel_plan(info.context.stores, user_id=info.context.viewer.required_id())
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return CancelPlanPayload(plan=await _own_plan(info))

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Keep a plan that was to end, or to change, with its period.",
    )
    async def resume_plan(self, info: Info) -> ResumePlanResult:
        try:
            await resume_plan(info.context.stores, user_id=info.context.viewer.required_id())
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return ResumePlanPayload(plan=await _own_plan(info))


async def _own_plan(info: Info) -> CurrentPlan:
    user_id: UUID = info.context.viewer.required_id()
    return CurrentPlan.of(await info.context.loader(plans_of_users).load(user_id))


async def _payment_of(info: Info, changed: PlanChanged) -> Payment | None:
    if changed.payment_id is None:
        return None
    return await written_payment(info, changed.payment_id)
