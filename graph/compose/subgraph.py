"""A subgraph: a Strawberry federation schema whose references are resolved in batches."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

import strawberry
from graphql import GraphQLSchema
from strawberry import federation
from strawberry.federation.schema import FederationAny
from strawberry.schema.config import StrawberryConfig

from core.errors import CodedError

# The newest that the independent composer of our tests understands.
FEDERATION_VERSION = "2.9"
REPRESENTATIONS_MAX = 1000

Representation = Mapping[str, Any]


class Entity(Protocol):
    """What a type with `@key` offers besides its fields."""

    @classmethod
    async def resolve_references(
        cls, context: Any, representations: Sequence[Representation]
    ) -> Sequence[Any]:
        """The instances that `representations` name, in their order.

        Takes key fields and required fields only, never trusts others. `None` for what does not
        exist or what the viewer may not see; an exception in place of an instance fails that one.
        """
        ...


class SubgraphSchema(federation.Schema):
    """One subgraph, as it is deployed alone and as it is composed."""

    def __init__(
        self,
        *,
        query: type,
        mutation: type | None = None,
        subscription: type | None = None,
        types: Iterable[type] = (),
        config: StrawberryConfig | None = None,
    ) -> None:
        super().__init__(
            query=query,
            mutation=mutation,
            subscription=subscription,
            types=types,
            config=config,
            federation_version=FEDERATION_VERSION,
        )

    @property
    def core_schema(self) -> GraphQLSchema:
        """The schema as graphql-core executes it."""
        return self._schema

    async def entities_resolver(  # pyright: ignore[reportIncompatibleMethodOverride]  # Strawberry's is synchronous; its field awaits either
        self, info: strawberry.Info[Any, Any], representations: list[FederationAny]
    ) -> list[FederationAny]:
        if len(representations) > REPRESENTATIONS_MAX:
            message = f"Send at most {REPRESENTATIONS_MAX} representations."
            raise CodedError(message)
        resolved = await self.resolve_entities(
            info.context, cast("list[Representation]", representations)
        )
        return cast("list[FederationAny]", resolved)

    async def resolve_entities(
        self, context: Any, representations: Sequence[Representation]
    ) -> list[Any]:
        """One answer for each representation, with one call for each type among them.

        Used for `_entities` and in process alike.
        """
        answers: list[Any] = [None] * len(representations)
        positions: defaultdict[str, list[int]] = defaultdict(list)
        for position, representation in enumerate(representations):
            name = representation.get("__typename") if isinstance(representation, dict) else None
            if isinstance(name, str) and (self.entity_class(name) is not None):
                positions[name].append(position)
            else:
                answers[position] = CodedError("A representation names no entity of this subgraph.")
        for name, indices in positions.items():
            entity = self.entity_class(name)
            try:
                found = await cast("Entity", entity).resolve_references(
                    context, [representations[index] for index in indices]
                )
            except Exception as error:  # noqa: BLE001  # each waiting field raises it
                found = [error] * len(indices)
            for index, answer in zip(indices, found, strict=True):
                answers[index] = answer
        return answers

    def entity_class(self, type_name: str) -> type | None:
        """The class that resolves references to `type_name` here, if any."""
        concrete = self.schema_converter.type_map.get(type_name)
        origin = getattr(concrete.definition, "origin", None) if concrete is not None else None
        return origin if hasattr(origin, "resolve_references") else None
