"""Chooses, for each field and value, the subgraph whose resolver answers.

A value of a class that provides the field is read at once; any other is a stub, completed first.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any

from graphql import GraphQLInterfaceType

from graph.compose.definitions import ROOT_TYPES, Provider, ResolveInfo, TypePart, TypeParts
from graph.compose.reach import ways_from
from graph.compose.references import Find, ReferenceResolver, undeclared

Resolver = Callable[..., Any]


class Router:
    """Makes the resolvers of the composed schema's fields."""

    def __init__(self, parts: TypeParts, references: ReferenceResolver) -> None:
        self._parts = parts
        self._references = references

    def route(self, type_name: str, providers: Sequence[Provider]) -> Resolver | None:
        """The resolver of one field. A subgraph's own, unchanged, wherever no other is involved."""
        original = providers[0].field.resolve
        parts = self._parts[type_name]
        if type_name == "Mutation":
            return _with_fresh_loads(original)
        if type_name in ROOT_TYPES or isinstance(parts[0].type, GraphQLInterfaceType):
            return original
        resolvers = {
            part.python_class: self._resolver(type_name, part, providers) for part in parts
        }
        if len(resolvers) == 1:
            return resolvers.popitem()[1]
        return _by_class(type_name, resolvers)

    def _resolver(self, type_name: str, part: TypePart, providers: Sequence[Provider]) -> Any:
        """The resolver for instances of one part's class."""
        for provider in providers:
            if provider.answers_for(part):
                return provider.field.resolve
        by_part = {provider.part: provider for provider in providers}
        way = next(way for way in ways_from(part, self._parts[type_name]) if way.part in by_part)
        provider = by_part[way.part]
        find = self._references.finder(type_name, part, way, provider.requires)
        return _completing(find, provider.field.resolve)


def _completing(find: Find, resolver: Any) -> Resolver:
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
