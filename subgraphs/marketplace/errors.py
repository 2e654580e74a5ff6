"""Refusals about services and reviews."""

from typing import Annotated

import strawberry

from core.validation import InvalidInput
from services.marketplace.listings import NotTheProvider, ServiceNotFound
from services.marketplace.reviews import AlreadyReviewed, OwnService
from subgraphs.marketplace.payloads import (
    AddReviewPayload,
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


@strawberry.type(description="People do not review what they offer themselves.")
class OwnServiceError(UserError):
    """OwnService, as clients see it."""


@strawberry.type(description="The person has reviewed this service already.")
class AlreadyReviewedError(UserError):
    """AlreadyReviewed, as clients see it."""


REFUSALS: Refusals = {
    InvalidInput: InvalidInputError,
    ServiceNotFound: ServiceNotFoundError,
    NotTheProvider: NotTheProviderError,
    OwnService: OwnServiceError,
    AlreadyReviewed: AlreadyReviewedError,
}

CreateServiceResult = Annotated[
    CreateServicePayload | InvalidInputError,
    strawberry.union("CreateServiceResult", description="The new service, or why there is none."),
]
UpdateServiceResult = Annotated[
    UpdateServicePayload | ServiceNotFoundError | NotTheProviderError | InvalidInputError,
    strawberry.union("UpdateServiceResult", description="The changed service, or why not."),
]
AddReviewResult = Annotated[
    AddReviewPayload
    | ServiceNotFoundError
    | OwnServiceError
    | AlreadyReviewedError
    | InvalidInputError,
    strawberry.union("AddReviewResult", description="The new review, or why there is none."),
]
