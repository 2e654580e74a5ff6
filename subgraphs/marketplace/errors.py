"""Refusals about services."""

from typing import Annotated, Any

import strawberry

from core.validation import InvalidInput
from services.marketplace.listing_states import PausedByAdmin, WrongListingState
from services.marketplace.listings import NotTheProvider, ServiceNotFound
from services.marketplace.publishing import ListingLimit
from subgraphs.marketplace.enums import ListingAction, ListingState
from subgraphs.marketplace.payloads import (
    CreateServicePayload,
    UpdateServicePayload,
)
from subgraphs.shared.errors import InvalidInputError, Refusals, UserError


@strawberry.type(description="No service has this id.")
class ServiceNotFoundError(UserError):
    """ServiceNotFound, as clients see it."""


@strawberry.type(description="Only the person who offers a service may change it.")
class NotTheProviderError(UserError):
    """NotTheProvider, as clients see it."""


@strawberry.type(description="This cannot be done with a listing in its state.")
class ListingStateError(UserError):
    """WrongListingState, as clients see it."""

    state: ListingState = strawberry.field(description="The state that the listing is in.")
    available_actions: list[ListingAction] = strawberry.field(
        description="What the viewer may do with it instead."
    )

    @classmethod
    def facts(cls, error: WrongListingState) -> dict[str, Any]:
        """The state, and what is possible in it."""
        return {"state": error.state, "available_actions": list(error.available_actions)}


@strawberry.type(description="An admin paused the service: only an admin can resume it.")
class PausedByAdminError(UserError):
    """PausedByAdmin, as clients see it."""


@strawberry.type(description="The provider's plan allows no more published listings.")
class ListingLimitError(UserError):
    """ListingLimit, as clients see it."""

    limit: int = strawberry.field(description="How many the plan allows.")

    @classmethod
    def facts(cls, error: ListingLimit) -> dict[str, Any]:
        """The limit that was reached."""
        return {"limit": error.limit}


REFUSALS: Refusals = {
    InvalidInput: InvalidInputError,
    WrongListingState: ListingStateError,
    PausedByAdmin: PausedByAdminError,
    ListingLimit: ListingLimitError,
    ServiceNotFound: ServiceNotFoundError,
    NotTheProvider: NotTheProviderError,
}

CreateServiceResult = Annotated[
    CreateServicePayload | InvalidInputError,
    strawberry.union("CreateServiceResult", description="The new service, or why there is none."),
]
UpdateServiceResult = Annotated[
    UpdateServicePayload
    | ServiceNotFoundError
    | NotTheProviderError
    | ListingStateError
    | InvalidInputError,
    strawberry.union("UpdateServiceResult", description="The changed service, or why not."),
]
