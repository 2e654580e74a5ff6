"""Merges the parts of each type by federation's rules and points them at one another.

Output positions take the weaker type (nullable wins), input positions the stricter one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
)

from graph.compose.definitions import (
    STRAWBERRY_DEFINITION,
    Provider,
    TypePart,
    TypeParts,
    definition_of,
    field_names,
    is_inaccessible,
    providers_of,
)

Route = Callable[[str, str, Sequence[Provider]], Any]
"""Makes the resolver of (type name, field name) from its providers."""
ResolveType = Callable[[Any, Any, Any], str | None]
Wrapped = TypeVar("Wrapped")


class TypeMerger:
    """Builds the composed types. `fields_of` also has the fields that clients do not see."""

    def __init__(self, parts: TypeParts, *, route: Route, resolve_type: ResolveType) -> None:
        self._parts = parts
        self._route = route
        self._resolve_type = resolve_type
        self._fields: dict[str, dict[str, GraphQLField]] = {}
        self.types: dict[str, GraphQLNamedType] = {}
        for name, type_parts in parts.items():
            self.types[name] = self._merged(name, type_parts)

    def fields_of(self, type_name: str) -> dict[str, GraphQLField]:
        """All composed fields of an object or interface, `@inaccessible` ones among them."""
        fields = self._fields.get(type_name)
        if fields is None:
            parts = self._parts[type_name]
            fields = {name: self._field(type_name, name) for name in field_names(parts)}
            self._fields[type_name] = fields
        return fields

    def is_visible(self, type_name: str) -> bool:
        return not any(is_inaccessible(part.type) for part in self._parts[type_name])

    def _merged(self, name: str, parts: list[TypePart]) -> GraphQLNamedType:
        first = parts[0].type
        common: dict[str, Any] = {
            "description": first_description({part.subgraph: part.type for part in parts}),
            "extensions": {STRAWBERRY_DEFINITION: definition_of(first)},
        }
        if isinstance(first, GraphQLScalarType | GraphQLEnumType):
            return first
        if isinstance(first, GraphQLUnionType):
            return GraphQLUnionType(
                name, lambda: self._members(parts), resolve_type=self._resolve_type, **common
            )
        if isinstance(first, GraphQLInputObjectType):
            return GraphQLInputObjectType(
                name, lambda: self._input_fields(parts), out_type=first.out_type, **common
            )
        if isinstance(first, GraphQLInterfaceType):
            common["resolve_type"] = self._resolve_type
        kind = cast("type[GraphQLObjectType]", type(first))
        return kind(
            name,
            lambda: self._visible_fields(name),
            interfaces=lambda: self._interfaces(parts),
            **common,
        )

    def _members(self, parts: list[TypePart]) -> list[GraphQLObjectType]:
        names = {
            member.name for part in parts for member in cast("GraphQLUnionType", part.type).types
        }
        return [cast("GraphQLObjectType", self.types[name]) for name in sorted(names)]

    def _interfaces(self, parts: list[TypePart]) -> list[GraphQLInterfaceType]:
        names = {
            interface.name: None
            for part in parts
            for interface in cast("GraphQLObjectType", part.type).interfaces
            if self.is_visible(interface.name)
        }
        return [cast("GraphQLInterfaceType", self.types[name]) for name in names]

    def _visible_fields(self, type_name: str) -> dict[str, GraphQLField]:
        return {
            name: field
            for name, field in self.fields_of(type_name).items()
            if not is_inaccessible(field)
        }

    def _input_fields(self, parts: list[TypePart]) -> dict[str, GraphQLInputField]:
        all_fields = [cast("GraphQLInputObjectType", part.type).fields for part in parts]
        shared = [name for name in all_fields[0] if all(name in fields for fields in all_fields)]
        return {
            name: self._retyped(all_fields[0][name], [fields[name].type for fields in all_fields])
            for name in shared
        }

    def _field(self, type_name: str, name: str) -> GraphQLField:
        providers = providers_of(self._parts[type_name], name)
        first = providers[0].field
        fields = [provider.field for provider in providers]
        arguments: dict[str, GraphQLArgument] = {
            argument: self._retyped(value, [field.args[argument].type for field in fields])
            for argument, value in first.args.items()
            if all(argument in field.args for field in fields)
        }
        return GraphQLField(
            weakest([self._pointed(field.type) for field in fields]),
            args=arguments,
            resolve=self._route(type_name, name, providers),
            subscribe=first.subscribe,
            description=first_description(
                {provider.part.subgraph: provider.field for provider in providers}
            ),
            deprecation_reason=first.deprecation_reason,
            extensions=first.extensions,
        )

    def _retyped(self, value: Any, types: Sequence[Any]) -> Any:
        """A copy of an argument or input field with the strictest of `types`."""
        copied = {
            **value.to_kwargs(),
            "type_": strictest([self._pointed(type_) for type_ in types]),
        }
        return type(value)(**copied)

    def _pointed(self, type_: Any) -> Any:
        """The same type, with the composed one of its name inside."""
        if isinstance(type_, GraphQLNonNull):
            return GraphQLNonNull(self._pointed(type_.of_type))
        if isinstance(type_, GraphQLList):
            return GraphQLList(self._pointed(type_.of_type))
        return self.types.get(type_.name, type_)


def first_description(by_subgraph: Mapping[str, Any]) -> str | None:
    """The description of the alphabetically first subgraph that has one, as composers choose."""
    found = (by_subgraph[name].description for name in sorted(by_subgraph))
    return next((description for description in found if description), None)


def weakest(types: Sequence[Wrapped]) -> Wrapped:
    """The type of an output position: the first that may be null, else the first."""
    return next((type_ for type_ in types if not isinstance(type_, GraphQLNonNull)), types[0])


def strictest(types: Sequence[Wrapped]) -> Wrapped:
    """The type of an input position: the first that may not be null, else the first."""
    return next((type_ for type_ in types if isinstance(type_, GraphQLNonNull)), types[0])
