"""How a field's values are had from its parents: four kinds, of which one suits each field.

A field is declared once, in its subgraph. graphql-core calls its resolver for one parent at a time;
the compiled engine finds here what lies behind that resolver, and asks for all parents together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, Protocol

from graphql import GraphQLField
from graphql.execution import default_field_resolver
from strawberry.types.field import StrawberryField

from graph.compose.attributes import Attribute, attribute_of
from graph.compose.definitions import definition_of
from graph.execution.direct import directly
from subgraphs.shared.batches import BATCH
from subgraphs.shared.lookahead import Place


class BatchResolver(Protocol):
    """A field as a function over the list of its parents."""

    def at(self, type_: Any, place: Place) -> "BatchResolver":
        """The same for one place of a document, where the field has a Strawberry type."""
        ...

    async def resolve_all(
        self, sources: Sequence[Any], context: Any, field_name: str, arguments: Mapping[str, Any]
    ) -> list[Any]:
        """A value for each source, in their order, or the exception in its place."""
        ...


@dataclass(frozen=True, slots=True)
class Simple:
    """A method without arguments. Called once for each parent."""

    function: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """One call for all parents of a level."""

    resolver: BatchResolver


@dataclass(frozen=True, slots=True)
class Call:
    """A resolver as graphql-core has them. Called once for each parent."""

    resolve: Callable[..., Any]


Read = Attribute | Simple | Batch | Call


def read_of(field: GraphQLField, place: Place, *, is_root: bool) -> Read:
    """How to read a field at a place.

    A root field is called as it is: its resolver is its whole meaning.
    """
    definition = definition_of(field)
    if field.resolve is None or not isinstance(definition, StrawberryField):
        return Call(field.resolve or default_field_resolver)
    if is_root:
        return Call(directly(field, definition) or field.resolve)
    batch = (definition.metadata or {}).get(BATCH)
    if batch is not None:
        return Batch(batch.at(definition.type, place))
    attribute = attribute_of(field)
    if attribute is not None:
        return attribute
    function = _method_without_arguments(definition)
    if function is not None:
        return Simple(function)
    return Call(directly(field, definition) or field.resolve)


def _method_without_arguments(definition: StrawberryField) -> Callable[[Any], Any] | None:
    """What Strawberry would call with the parent and nothing else."""
    resolver = definition.base_resolver
    if resolver is None or definition.extensions or definition.permission_classes:
        return None
    function: Any = resolver.wrapped_func
    takes_parent_only = (
        resolver.self_parameter is not None
        and not resolver.arguments
        and resolver.info_parameter is None
        and resolver.parent_parameter is None
    )
    if not takes_parent_only or iscoroutinefunction(function) or isinstance(function, staticmethod):
        return None
    return function
