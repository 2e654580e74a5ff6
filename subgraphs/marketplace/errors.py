"""Refusals about services."""

from typing import Annotated

import strawberry

from core.validation import InvalidInput
from services.marketplace.listings import NotTheProvider, ServiceNotFound
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


REFUSALS: Refusals = {
    InvalidInput: InvalidInputError,
    ServiceNotFound: ServiceNotFoundError,
    NotTheProvider: NotTheProviderError,
}

CreateServiceResult = Annotated[
    CreateServicePayload | InvalidInputError,
    strawberry.union("CreateServiceResult", description="The new service, or why there is none."),
]
UpdateServiceResult = Annotated[
    UpdateServicePayload | ServiceNotFoundError | NotTheProviderError | InvalidInputError,
    strawberry.union("UpdateServiceResult", description="The changed service, or why not."),
]
