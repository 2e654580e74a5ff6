"""What mutations about services answer with."""

import strawberry

from subgraphs.marketplace.types import Service


@strawberry.type(description="The new service.")
class CreateServicePayload:
    """An offer."""

    service: Service = strawberry.field(description="The service, a draft until it is published.")


@strawberry.type(description="The service after the change.")
class UpdateServicePayload:
    """A changed offer."""

    service: Service = strawberry.field(description="The service, changed.")
