"""Root fields about services; those about orders and reviews are in `ordering`."""

from typing import Annotated

import strawberry

from core.errors import DomainError
from models.subjects import Subject
from resolvers.marketplace.queries import services_by_id
from services.marketplace.listings import create_service, update_service
from subgraphs.marketplace.catalogue import CatalogueQuery
from subgraphs.marketplace.errors import (
    REFUSALS,
    CreateServiceResult,
    UpdateServiceResult,
)
from subgraphs.marketplace.inputs import (
    CreateServiceInput,
    UpdateServiceInput,
)
from subgraphs.marketplace.listings import ListingMutation, ListingQuery, written_service
from subgraphs.marketplace.ordering import OrderMutation, OrderQuery, Subscription
from subgraphs.marketplace.orders import Order
from subgraphs.marketplace.payloads import (
    CreateServicePayload,
    UpdateServicePayload,
)
from subgraphs.marketplace.types import Review, Service, User
from subgraphs.shared.access import Audience, Info
from subgraphs.shared.caching import cached
from subgraphs.shared.definition import SubgraphDefinition
from subgraphs.shared.errors import shown_refusal
from subgraphs.shared.fields import mutation
from subgraphs.shared.ids import Kind, key_of
from subgraphs.shared.lookahead import columns_below


@strawberry.type
class Query(CatalogueQuery, ListingQuery, OrderQuery):
    """The marketplace."""

    @strawberry.field(
        description="A service by id, in whatever state it is; null if there is none.",
        metadata=cached(60, Subject.SERVICES),
    )
    async def service(
        self,
        info: Info,
        id: Annotated[  # noqa: A002
            strawberry.ID, strawberry.argument(description="The service: `svc_...`.")
        ],
    ) -> Service | None:
        services = info.context.loader(services_by_id, *columns_below(info))
        row = await services.load(key_of(Kind.SERVICE, id))
        return None if row is None else Service.of(row)


@strawberry.type
class Mutation(ListingMutation, OrderMutation):
    """Selling and buying."""

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Draft a service. `publishService` puts it on offer.",
    )
    async def create_service(
        self,
        info: Info,
        input: CreateServiceInput,  # noqa: A002
    ) -> CreateServiceResult:
        try:
            service_id = await create_service(
                info.context.stores,
                provider_id=info.context.viewer.required_id(),
                name=input.name,
                category=input.category,
                description=input.description,
                price_azr=input.price_azr,
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return CreateServicePayload(service=await written_service(info, service_id))

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Change a service of one's own that is not closed. Admins may change any.",
    )
    async def update_service(
        self,
        info: Info,
        input: UpdateServiceInput,  # noqa: A002
    ) -> UpdateServiceResult:
        service_id = key_of(Kind.SERVICE, input.id)
        try:
            await update_service(
                info.context.stores,
                info.context.viewer,
                service_id=service_id,
                changes=input.changes(),
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return UpdateServicePayload(service=await written_service(info, service_id))


MARKETPLACE = SubgraphDefinition(
    name="marketplace",
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=(User, Service, Review, Order),
)
