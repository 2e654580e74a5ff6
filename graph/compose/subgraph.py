"""A subgraph: a Strawberry federation schema whose references are resolved in batches."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema
from strawberry import federation
from strawberry.federation.schema import FederationAny
from strawberry.schema.config import StrawberryConfig

from core.errors import CodedError
from graph.compose.definitions import CompositionError, TypePart, collect_parts

# The newest that the independent composer of our tests understands.
FEDERATION_VERSION = "2.9"
REPRESENTATIONS_MAX = 1000
NO_ENTITY = "A representation names no entity of this subgraph."

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
        self._entities = _entities_of(self.core_schema)

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
        known = [each for each in representations if self._names_an_entity(each)]
        found = iter(await self.resolve_entities(info.context, cast("list[Any]", known)))
        answers = [
            next(found) if self._names_an_entity(each) else CodedError(NO_ENTITY)
            for each in representations
        ]
        return cast("list[FederationAny]", answers)

    def _names_an_entity(self, representation: Any) -> bool:
        name = representation.get("__typename") if isinstance(representation, dict) else None
        return isinstance(name, str) and name in self._entities

    async def resolve_entities(
        self, context: Any, representations: Sequence[Representation]
    ) -> list[Any]:
        """One answer for each representation, with one call for each type among them.

        Used for `_entities` and in process alike. Whatever fails is in the answers.
        """
        answers: list[Any] = [None] * len(representations)
        positions: defaultdict[str, list[int]] = defaultdict(list)
        for position, representation in enumerate(representations):
            positions[representation["__typename"]].append(position)
        for name, indices in positions.items():
            asked = [representations[index] for index in indices]
            found = await _answers_of(self._entities[name], context, asked)
            for index, answer in zip(indices, found, strict=True):
                answers[index] = answer
        return answers


async def _answers_of(
    part: TypePart, context: Any, representations: Sequence[Representation]
) -> Sequence[Any]:
    """What an entity answers; where it fails, its exception for each that waits."""
    entity, wanted = cast("Entity", part.python_class), len(representations)
    try:
        found = await entity.resolve_references(context, representations)
        if len(found) != wanted:
            message = f"{part.type} answered {wanted} representations with {len(found)} instances"
            raise RuntimeError(message)
    except Exception as error:  # noqa: BLE001  # each waiting field raises it
        return [error] * wanted
    return found


def _entities_of(schema: GraphQLSchema) -> dict[str, TypePart]:
    parts = collect_parts({"": schema})
    entities = {
        name: part
        for name, [part] in parts.items()
        if part.keys and isinstance(part.type, GraphQLObjectType)
    }
    union: Any = schema.type_map.get("_Entity")
    known = {type_.name for type_ in union.types} if union is not None else set[str]()
    if unknown := entities.keys() - known:
        message = f"{', '.join(sorted(unknown))}: only a union leads there. List it in `types`."
        raise CompositionError(message)
    return entities
