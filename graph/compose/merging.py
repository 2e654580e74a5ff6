"""Merges the parts of each type by federation's rules and points them at one another."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
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
from graph.compose.nullability import strictest, weakest

Route = Callable[[str, str, Sequence[Provider]], Any]
"""Makes the resolver of a field from its type's name, its own name and its providers."""
ResolveType = Callable[[Any, Any, Any], str | None]


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
            "description": _first_said("description", {each.subgraph: each.type for each in parts}),
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
                name,
                lambda: self._shared_inputs(_inputs_of(parts)),
                out_type=first.out_type,
                is_one_of=definition_of(first).is_one_of,
                **common,
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
        unions = [cast("GraphQLUnionType", part.type) for part in parts]
        return self._visible(member.name for union in unions for member in union.types)

    def _interfaces(self, parts: list[TypePart]) -> list[GraphQLInterfaceType]:
        types = [cast("GraphQLObjectType", part.type) for part in parts]
        return self._visible(interface.name for type_ in types for interface in type_.interfaces)

    def _visible(self, names: Iterable[str]) -> list[Any]:
        """The composed types of these names, each once, but for `@inaccessible` ones."""
        return [self.types[name] for name in dict.fromkeys(names) if self.is_visible(name)]

    def _visible_fields(self, type_name: str) -> dict[str, GraphQLField]:
        fields = self.fields_of(type_name)
        return {name: field for name, field in fields.items() if not is_inaccessible(field)}

    def _field(self, type_name: str, name: str) -> GraphQLField:
        providers = providers_of(self._parts[type_name], name)
        fields = {each.part.subgraph: each.field for each in providers}
        first = providers[0].field
        return GraphQLField(
            self._pointed(weakest([field.type for field in fields.values()])),
            args=self._shared_inputs({key: field.args for key, field in fields.items()}),
            resolve=self._route(type_name, name, providers),
            subscribe=first.subscribe,
            description=_first_said("description", fields),
            deprecation_reason=_first_said("deprecation_reason", fields),
            extensions=first.extensions,
        )

    def _shared_inputs(self, by_subgraph: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """The arguments or input fields that every subgraph declares and none hides."""
        first, *others = by_subgraph.values()
        shared: dict[str, Any] = {}
        for name in first:
            if all(name in other for other in others):
                declared = {key: items[name] for key, items in by_subgraph.items()}
                if not any(map(is_inaccessible, declared.values())):
                    shared[name] = self._merged_input(declared)
        return shared

    def _merged_input(self, declared: Mapping[str, Any]) -> Any:
        first = next(iter(declared.values()))
        copied = {
            **first.to_kwargs(),
            "type_": self._pointed(strictest([item.type for item in declared.values()])),
            "description": _first_said("description", declared),
            "deprecation_reason": _first_said("deprecation_reason", declared),
        }
        return type(first)(**copied)

    def _pointed(self, type_: Any) -> Any:
        """The same type, with the composed one of its name inside."""
        if isinstance(type_, GraphQLNonNull):
            return GraphQLNonNull(self._pointed(type_.of_type))
        if isinstance(type_, GraphQLList):
            return GraphQLList(self._pointed(type_.of_type))
        return self.types.get(type_.name, type_)


def _inputs_of(parts: list[TypePart]) -> dict[str, Any]:
    return {part.subgraph: cast("GraphQLInputObjectType", part.type).fields for part in parts}


def _first_said(what: str, by_subgraph: Mapping[str, Any]) -> str | None:
    """The text of the alphabetically first subgraph that has one, as composers choose."""
    texts = (getattr(by_subgraph[name], what) for name in sorted(by_subgraph))
    return next((text for text in texts if text), None)
