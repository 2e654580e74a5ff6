"""What composition is compared with: ordinary Strawberry schemas, executed by the same engine."""

import warnings
from collections.abc import Iterable
from typing import Annotated

import strawberry
from graphql import GraphQLSchema

from models.rows import ServiceRow
from resolvers.keyset import Page
from resolvers.marketplace.catalogue import NO_FILTER, ServiceSort, services_page
from resolvers.users.queries import users_by_id
from subgraphs.shared.access import Info
from subgraphs.shared.connections import Connection
from subgraphs.shared.definition import SubgraphDefinition
from subgraphs.shared.scalars import schema_config
from subgraphs.users.types import User


class PlainSchema(strawberry.Schema):
    """A Strawberry schema without federation."""

    def __init__(self, query: type, types: Iterable[type] = ()) -> None:
        with warnings.catch_warnings():
            # Keys and the like are declared on the classes, and mean nothing here.
            warnings.filterwarnings("ignore", "Federation directive found", UserWarning)
            super().__init__(query=query, types=types, config=schema_config())

    @property
    def core_schema(self) -> GraphQLSchema:
        """The schema as graphql-core executes it."""
        return self._schema


def plain_schema(definition: SubgraphDefinition) -> GraphQLSchema:
    """A subgraph's own classes as a schema of their own: the same fields, nothing composed."""
    return PlainSchema(definition.query, definition.types).core_schema


@strawberry.type(name="Service")
class PlainService:
    """A service whose provider is loaded where it is shown, as one team would write it."""

    row: strawberry.Private[ServiceRow]
    name: str

    @strawberry.field
    async def provider(self, info: Info) -> User | None:
        provider_id = self.row.provider_id
        if provider_id is None:
            return None
        found = await info.context.loader(users_by_id).load(provider_id)
        return None if found is None else User.of(found)

    @classmethod
    def of(cls, row: ServiceRow) -> "PlainService":
        return cls(row=row, name=row.name)


@strawberry.type(name="Query")
class PlainQuery:
    """Services with their providers, in one schema."""

    @strawberry.field
    async def services(
        self, info: Info, first: Annotated[int, strawberry.argument(description="How many.")]
    ) -> Connection[PlainService]:
        page = await services_page(info.context, Page(first=first), NO_FILTER, ServiceSort.NEWEST)
        return Connection(page=page, shown=PlainService.of)


def plain_schema_across() -> GraphQLSchema:
    """Services and their providers from one schema that knows both."""
    return PlainSchema(PlainQuery).core_schema
