"""The life of a listing, and the categories that listings are sorted into."""

from collections.abc import Callable
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry

from core.errors import DomainError
from models.rows import CategoryRow
from models.subjects import Subject
from models.tables import ListingAction
from resolvers.marketplace.listings import categories
from resolvers.marketplace.queries import services_by_id
from services.marketplace.publishing import FreeAction, change_state, publish_service
from subgraphs.marketplace.errors import (
    REFUSALS,
    ListingLimitError,
    ListingStateError,
    NotTheProviderError,
    PausedByAdminError,
    ServiceNotFoundError,
)
from subgraphs.marketplace.types import Service
from subgraphs.shared.access import Audience, Info
from subgraphs.shared.caching import cached
from subgraphs.shared.errors import InvalidInputError, shown_refusal
from subgraphs.shared.fields import mutation
from subgraphs.shared.ids import Kind, key_of
from subgraphs.shared.lookahead import columns_of
from subgraphs.shared.money import (
    IDEMPOTENCY_KEY,
    IS_REPLAY,
    MONEY_REFUSALS,
    AccountFrozenError,
    IdempotencyMismatchError,
    InsufficientFundsError,
    told_of_replay,
)

LISTING_REFUSALS = {**REFUSALS, **MONEY_REFUSALS}


@strawberry.type(description="A kind of service.")
class Category:
    """A category."""

    name: str = strawberry.field(description="Its name, as `Service.category` has it.")
    service_count: int = strawberry.field(description="How many services of it are on offer.")

    @classmethod
    def of(cls, row: CategoryRow) -> Self:
        return cls(name=row.name, service_count=row.service_count)


@strawberry.input(description="A draft to put on offer.")
class PublishServiceInput:
    """What publishing needs."""

    id: strawberry.ID = strawberry.field(description="The service: `svc_...`.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="A service to take off the marketplace for a while.")
class PauseServiceInput:
    """What pausing needs."""

    id: strawberry.ID = strawberry.field(description="The service: `svc_...`.")


@strawberry.input(description="A paused service to put on offer again.")
class ResumeServiceInput:
    """What resuming needs."""

    id: strawberry.ID = strawberry.field(description="The service: `svc_...`.")


@strawberry.input(description="A service to take off the marketplace for good.")
class CloseServiceInput:
    """What closing needs."""

    id: strawberry.ID = strawberry.field(description="The service: `svc_...`.")


@strawberry.type(description="The published service.")
class PublishServicePayload:
    """A listing on offer."""

    service: Service = strawberry.field(description="The service, as it is now.")
    is_replay: bool = strawberry.field(description=IS_REPLAY)


@strawberry.type(description="The paused service.")
class PauseServicePayload:
    """A listing that rests."""

    service: Service = strawberry.field(description="The service, paused.")


@strawberry.type(description="The service that is on offer again.")
class ResumeServicePayload:
    """A listing on offer again."""

    service: Service = strawberry.field(description="The service, published.")


@strawberry.type(description="The closed service.")
class CloseServicePayload:
    """A listing that has ended."""

    service: Service = strawberry.field(description="The service, closed.")


PublishServiceResult = Annotated[
    PublishServicePayload
    | InsufficientFundsError
    | ListingLimitError
    | ListingStateError
    | ServiceNotFoundError
    | NotTheProviderError
    | AccountFrozenError
    | IdempotencyMismatchError
    | InvalidInputError,
    strawberry.union("PublishServiceResult", description="The published service, or why not."),
]
PauseServiceResult = Annotated[
    PauseServicePayload | ListingStateError | ServiceNotFoundError | NotTheProviderError,
    strawberry.union("PauseServiceResult", description="The paused service, or why not."),
]
ResumeServiceResult = Annotated[
    ResumeServicePayload
    | PausedByAdminError
    | ListingLimitError
    | ListingStateError
    | ServiceNotFoundError
    | NotTheProviderError,
    strawberry.union("ResumeServiceResult", description="The service on offer, or why not."),
]
CloseServiceResult = Annotated[
    CloseServicePayload | ListingStateError | ServiceNotFoundError | NotTheProviderError,
    strawberry.union("CloseServiceResult", description="The closed service, or why not."),
]


@strawberry.type
class ListingQuery:
    """Categories."""

    @strawberry.field(
        description="The categories that a service can be in, in their order.",
        metadata=cached(60, Subject.SERVICES),
    )
    async def categories(self, info: Info) -> list[Category]:
        return [Category.of(row) for row in await categories(info.context)]


@strawberry.type
class ListingMutation:
    """Putting listings on offer and taking them off."""

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Put a draft of one's own on offer, for 10 AZR, as many as one's plan allows.",
    )
    async def publish_service(
        self,
        info: Info,
        input: PublishServiceInput,  # noqa: A002
    ) -> PublishServiceResult:
        context, service_id = info.context, key_of(Kind.SERVICE, input.id)
        try:
            is_replay = await publish_service(
                context.stores,
                context.viewer,
                service_id=service_id,
                idempotency_key=input.idempotency_key,
            )
        except DomainError as error:
            return shown_refusal(error, LISTING_REFUSALS)
        service = await written_service(info, service_id)
        return PublishServicePayload(
            service=service, is_replay=told_of_replay(context, is_replay=is_replay)
        )

    @mutation(
        audience=Audience.SIGNED_IN,
        description=(
            "Take a service of one's own off the marketplace. Admins may pause any, and then only"
            " admins resume it."
        ),
    )
    async def pause_service(self, info: Info, input: PauseServiceInput) -> PauseServiceResult:  # noqa: A002
        return await _moved(info, input.id, ListingAction.PAUSE, PauseServicePayload)

    @mutation(
        audience=Audience.SIGNED_IN,
        description=(
            "Put a paused service of one's own on offer again, which is free. What an admin paused,"
            " admins resume."
        ),
    )
    async def resume_service(self, info: Info, input: ResumeServiceInput) -> ResumeServiceResult:  # noqa: A002
        return await _moved(info, input.id, ListingAction.RESUME, ResumeServicePayload)

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Close a service of one's own, for good. Admins may close any.",
    )
    async def close_service(self, info: Info, input: CloseServiceInput) -> CloseServiceResult:  # noqa: A002
        return await _moved(info, input.id, ListingAction.CLOSE, CloseServicePayload)


async def _moved(
    info: Info, id_: strawberry.ID, action: FreeAction, payload: Callable[..., Any]
) -> Any:
    """The payload with the service after an action, or the refusal of it."""
    service_id = key_of(Kind.SERVICE, id_)
    try:
        await change_state(
            info.context.stores, info.context.viewer, service_id=service_id, action=action
        )
    except DomainError as error:
        return shown_refusal(error, LISTING_REFUSALS)
    return payload(service=await written_service(info, service_id))


async def written_service(info: Info, service_id: UUID) -> Service:
    """A service that a command has just written, under `service` of its payload."""
    services = info.context.loader(services_by_id, columns_of(info, Service, "service"))
    row = await services.load(service_id)
    assert row is not None  # noqa: S101  # the command has just written it
    return Service.of(row)
