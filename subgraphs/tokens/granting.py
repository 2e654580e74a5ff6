"""Granting plans by agreement, for admins."""

from datetime import datetime
from typing import Annotated

import strawberry

from core.errors import DomainError
from core.validation import InvalidInput
from resolvers.tokens.plans import plans_of_users
from services.audit import Actor
from services.plans.granting import PersonNotFound, grant_plan
from subgraphs.shared.access import Audience, Info
from subgraphs.shared.errors import InvalidInputError, Refusals, UserError, shown_refusal
from subgraphs.shared.fields import mutation
from subgraphs.shared.ids import Kind, key_of
from subgraphs.tokens.enums import Plan
from subgraphs.tokens.plans import CurrentPlan


@strawberry.type(description="No person has this id.")
class PersonNotFoundError(UserError):
    """PersonNotFound, as clients see it."""


REFUSALS: Refusals = {InvalidInput: InvalidInputError, PersonNotFound: PersonNotFoundError}


@strawberry.input(description="A plan by agreement.")
class GrantPlanInput:
    """What granting needs."""

    user_id: strawberry.ID = strawberry.field(description="The person: `usr_...`.")
    plan: Plan = strawberry.field(
        description="The plan: no less than what the person pays for now."
    )
    until: datetime = strawberry.field(
        description="When it ends: not before what the person has paid for."
    )
    reason: str = strawberry.field(
        description="What was agreed: 1 to 500 characters on one line, for the audit log."
    )


@strawberry.type(description="The plan that the person has now.")
class GrantPlanPayload:
    """A plan that was granted."""

    plan: CurrentPlan = strawberry.field(description="The plan.")


GrantPlanResult = Annotated[
    GrantPlanPayload | PersonNotFoundError | InvalidInputError,
    strawberry.union("GrantPlanResult", description="The plan that was granted, or why not."),
]


@strawberry.type
class GrantingMutation:
    """Plans by agreement."""

    @mutation(
        audience=Audience.ADMINS,
        description=(
            "Let a person have a plan until a date, without payment. What was granted before may"
            " be changed so, and ended earlier."
        ),
    )
    async def grant_plan(
        self,
        info: Info,
        input: GrantPlanInput,  # noqa: A002
    ) -> GrantPlanResult:
        context, user_id = info.context, key_of(Kind.USER, input.user_id)
        try:
            await grant_plan(
                context.stores,
                Actor(context.viewer.required_id(), context.request_id),
                user_id=user_id,
                plan=input.plan,
                until=input.until,
                reason=input.reason,
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return GrantPlanPayload(
            plan=CurrentPlan.of(await context.loader(plans_of_users).load(user_id))
        )
