"""Chooses, for each field and value, the subgraph whose resolver answers.

A value of a class that provides the field is read at once; any other is a stub, completed first.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from graphql import GraphQLField, GraphQLInterfaceType

from graph.compose.definitions import ROOT_TYPES, Provider, ResolveInfo, TypePart, TypeParts
from graph.compose.reach import ways_from
from graph.compose.references import Finder, Home, ReferenceResolver, undeclared

Resolver = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Step:
    """How one field is read from the instances of one class."""

    subgraph: str
    """Whose resolver answers."""
    field: GraphQLField
    """The field as that subgraph declares it."""
    finder: Finder | None
    """Finds that subgraph's instances of the entities; `None` where they are at hand."""

    @property
    def resolver(self) -> Resolver:
        """The resolver for graphql-core, which takes one instance at a time."""
        resolve = self.field.resolve
        return resolve if self.finder is None else _completing(self.finder, resolve)  # pyright: ignore[reportReturnType]  # Strawberry's fields all have one


ROUTES = "routes"
"""The key of a composed schema's extensions under which its routes are."""

Steps = Mapping[type | None, Step]
"""By the classes whose instances a field can be read from."""


@dataclass(frozen=True, slots=True)
class Routes:
    """How a composed schema's fields are read, for an engine that plans ahead."""

    steps: Mapping[tuple[str, str], Steps]
    """By type name and field name; root fields and interfaces' fields have none."""
    homes: Mapping[type, Home]
    owners: Mapping[tuple[str, str], str]
    """The subgraph that provides each (type name, field name)."""


class Router:
    """Makes the resolvers of the composed schema's fields, and remembers their steps."""

    def __init__(self, parts: TypeParts, references: ReferenceResolver) -> None:
        self._parts = parts
        self._references = references
        self.steps: dict[tuple[str, str], Steps] = {}

    def route(self, type_name: str, name: str, providers: Sequence[Provider]) -> Resolver | None:
        """The resolver of one field. A subgraph's own, unchanged, wherever no other is involved."""
        original = providers[0].field.resolve
        parts = self._parts[type_name]
        if type_name == "Mutation":
            return _with_fresh_loads(original)
        if type_name in ROOT_TYPES or isinstance(parts[0].type, GraphQLInterfaceType):
            return original
        steps = {part.python_class: self._step(type_name, part, providers) for part in parts}
        self.steps[type_name, name] = steps
        resolvers = {python_class: step.resolver for python_class, step in steps.items()}
        if len(resolvers) == 1:
            return resolvers.popitem()[1]
        return _by_class(type_name, resolvers)

    def _step(self, type_name: str, part: TypePart, providers: Sequence[Provider]) -> Step:
        """The step from instances of one part's class."""
        for provider in providers:
            if provider.answers_for(part):
                return Step(provider.part.subgraph, provider.field, None)
        by_part = {provider.part: provider for provider in providers}
        way = next(way for way in ways_from(part, self._parts[type_name]) if way.part in by_part)
        provider = by_part[way.part]
        finder = self._references.finder(type_name, part, way, provider.requires)
        return Step(provider.part.subgraph, provider.field, finder)


def _completing(find: Finder, resolver: Any) -> Resolver:
    """Reads the field from the instance that `find` finds for a stub."""

    def resolve(source: Any, info: ResolveInfo, **arguments: Any) -> Any:
        found = find(source, info)
        if isawaitable(found):
            return _resolve_later(found, resolver, info, arguments)
        if isinstance(found, Exception):
            raise found
        return None if found is None else resolver(found, info, **arguments)

    return resolve


async def _resolve_later(
    pending: Awaitable[Any], resolver: Resolver, info: ResolveInfo, arguments: dict[str, Any]
) -> Any:
    found = await pending
    if found is None:
        return None
    value = resolver(found, info, **arguments)
    return await value if isawaitable(value) else value


def _by_class(type_name: str, resolvers: Mapping[type | None, Resolver]) -> Resolver:
    """Each part's instances go their own way."""

    def resolve(source: Any, info: ResolveInfo, **arguments: Any) -> Any:
        resolver = resolvers.get(source.__class__)
        if resolver is None:
            raise undeclared(source, type_name)
        return resolver(source, info, **arguments)

    return resolve


def _with_fresh_loads(resolver: Any) -> Resolver:
    """Mutation fields run one after another, and each sees what those before it wrote."""

    def resolve(source: Any, info: ResolveInfo, **arguments: Any) -> Any:
        info.context.renew()
        return resolver(source, info, **arguments)

    return resolve
