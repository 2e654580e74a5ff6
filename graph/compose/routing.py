"""Chooses, for each field and value, the subgraph whose resolver answers.

A value of a class that provides the field is read at once; any other is a stub, completed first.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any

from graph.compose.definitions import ROOT_TYPES, Provider, ResolveInfo, TypeParts
from graph.compose.references import ReferenceResolver

Resolver = Callable[..., Any]


class Router:
    """Makes the resolvers of the composed schema's fields."""

    def __init__(self, parts: TypeParts, references: Callable[[], ReferenceResolver]) -> None:
        self._parts = parts
        self._references = references

    def route(self, type_name: str, name: str, providers: Sequence[Provider]) -> Resolver | None:
        """The resolver of one field. A subgraph's own, unchanged, wherever no other is involved."""
        del name
        original = providers[0].field.resolve
        if type_name == "Mutation":
            return _with_fresh_loads(original)
        if type_name in ROOT_TYPES or not self._may_meet_stubs(type_name, providers):
            return original
        resolvers = {
            provider.part.python_class: provider.field.resolve
            for provider in providers
            if provider.requires is None
        }
        target = next((provider for provider in providers if provider.part.keys), None)
        if target is None:
            return _by_class(resolvers)
        if target.requires is not None:
            return self._requiring(type_name, target)
        return self._completing(type_name, target, resolvers)

    def _may_meet_stubs(self, type_name: str, providers: Sequence[Provider]) -> bool:
        classes = {part.python_class for part in self._parts[type_name]}
        return len(classes) > 1 or any(provider.requires for provider in providers)

    def _completing(
        self, type_name: str, target: Provider, resolvers: Mapping[type | None, Any]
    ) -> Resolver:
        own_class = target.part.python_class
        own_resolver: Any = target.field.resolve
        references = self._references

        def resolve(source: Any, info: ResolveInfo, **arguments: Any) -> Any:
            source_class = source.__class__
            if source_class is own_class:
                return own_resolver(source, info, **arguments)
            direct = resolvers.get(source_class)
            if direct is not None:
                return direct(source, info, **arguments)
            found = references().complete(type_name, target.part, source, info)
            if isawaitable(found):
                return _resolve_later(found, own_resolver, info, arguments)
            if isinstance(found, Exception):
                raise found
            return None if found is None else own_resolver(found, info, **arguments)

        return resolve

    def _requiring(self, type_name: str, target: Provider) -> Resolver:
        """`@requires` goes through the reference always, from the owner's instance too."""
        resolver: Any = target.field.resolve
        requires: Any = target.requires
        references = self._references

        def resolve(source: Any, info: ResolveInfo, **arguments: Any) -> Any:
            found = references().complete_with(type_name, target.part, source, info, requires)
            return _resolve_later(found, resolver, info, arguments)

        return resolve


async def _resolve_later(
    pending: Awaitable[Any], resolver: Resolver, info: ResolveInfo, arguments: dict[str, Any]
) -> Any:
    found = await pending
    if found is None:
        return None
    value = resolver(found, info, **arguments)
    return await value if isawaitable(value) else value


def _by_class(resolvers: Mapping[type | None, Any]) -> Resolver:
    """For value types that several subgraphs declare: each reads its own instances."""

    def resolve(source: Any, info: ResolveInfo, **arguments: Any) -> Any:
        return resolvers[source.__class__](source, info, **arguments)

    return resolve


def _with_fresh_loads(resolver: Any) -> Resolver:
    """Mutation fields run one after another, and each sees what those before it wrote."""

    def resolve(source: Any, info: ResolveInfo, **arguments: Any) -> Any:
        info.context.renew()
        return resolver(source, info, **arguments)

    return resolve
