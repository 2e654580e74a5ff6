"""What mutations about services and reviews answer with."""

import strawberry

from subgraphs.marketplace.types import Review, Service


@strawberry.type(description="The new service.")
class CreateServicePayload:
    """An offer."""

    service: Service = strawberry.field(description="The service, on offer from now on.")


@strawberry.type(description="The service after the change.")
class UpdateServicePayload:
    """A changed offer."""

    service: Service = strawberry.field(description="The service, changed.")


@strawberry.type(description="The new review, and the service with it counted.")
class AddReviewPayload:
    """A review."""

    review: Review = strawberry.field(description="The review.")
    service: Service = strawberry.field(description="The service, with its new rating.")
