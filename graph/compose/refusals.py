"""Refuses at start-up what composition in one process cannot honour.

Each refusal names the type and the subgraphs, and says what to do instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    InlineFragmentNode,
    get_named_type,
)
from strawberry.federation.schema_directives import InterfaceObject, Key, Override

from graph.compose.definitions import (
    ROOT_TYPES,
    CompositionError,
    Provider,
    TypePart,
    TypeParts,
    definition_of,
    directives_of,
    field_names,
    has_directive,
    is_inaccessible,
    is_shareable,
    providers_of,
)
from graph.compose.nullability import strictest, weakest
from graph.compose.reach import ways_from


def refuse_what_cannot_be_composed(parts: TypeParts) -> None:
    """Return if the parts make one schema. Raises CompositionError with every problem."""
    problems = [problem for name in parts for problem in _problems_of_type(name, parts)]
    if problems:
        raise CompositionError("\n".join(problems))


def place_of(name: str, parts: Sequence[TypePart]) -> str:
    """A type and the subgraphs that declare it, as every refusal begins."""
    return f"{name} ({', '.join(part.subgraph for part in parts)})"


def _problems_of_type(name: str, all_parts: TypeParts) -> Iterator[str]:
    parts = all_parts[name]
    where = place_of(name, parts)
    first = parts[0].type
    kinds = {_kind(part.type) for part in parts}
    if len(kinds) > 1:
        yield f"{where}: declared as {' and '.join(sorted(kinds))}. One name has one kind."
    elif isinstance(first, GraphQLEnumType | GraphQLScalarType):
        yield from _problems_of_leaf(where, parts)
    elif isinstance(first, GraphQLInputObjectType):
        fields = {part.subgraph: _input_fields(part) for part in parts}
        yield from _problems_of_inputs(f"{where}, input field", fields)
    elif isinstance(first, GraphQLInterfaceType):
        if any(has_directive(part.type, Key) for part in parts):
            yield f"{where}: an interface with @key is not supported. Key its object types."
        yield from _problems_of_fields(where, parts)
    elif isinstance(first, GraphQLObjectType):
        yield from _problems_of_object(name, where, all_parts)


def _problems_of_leaf(where: str, parts: list[TypePart]) -> Iterator[str]:
    if len({id(_python_identity(part.type)) for part in parts}) > 1:
        yield f"{where}: declared by two Python definitions. Declare it once and share it."
    values = getattr(parts[0].type, "values", {})
    if any(is_inaccessible(value) for value in values.values()):
        yield f"{where}: @inaccessible is not supported on an enum's value."


def _problems_of_object(name: str, where: str, all_parts: TypeParts) -> Iterator[str]:
    parts = all_parts[name]
    if any(has_directive(part.type, InterfaceObject) for part in parts):
        yield f"{where}: @interfaceObject is not supported."
    for part in parts:
        yield from _problems_of_keys(where, part)
    yield from _problems_of_fields(where, parts)
    yield from _problems_of_sharing(name, where, all_parts)
    if name not in ROOT_TYPES:
        yield from _problems_of_reach(where, parts)


def _problems_of_keys(where: str, part: TypePart) -> Iterator[str]:
    for key in part.keys:
        if any(isinstance(node, InlineFragmentNode) for node in key.selections):
            yield f"{where}: a key with a fragment is not supported."
    if part.keys and not hasattr(part.python_class, "resolve_references"):
        yield (
            f"{where}: {part.subgraph} declares a key and no `resolve_references`. Without one,"
            " clients could make up an entity's fields."
        )


def _problems_of_fields(where: str, parts: list[TypePart]) -> Iterator[str]:
    for field in field_names(parts):
        here = f"{where}, field {field}"
        providers = providers_of(parts, field)
        declared = [part.fields[field] for part in parts if field in part.fields]
        if any(override.label for item in declared for override in directives_of(item, Override)):
            yield f"{here}: @override with a label is not supported."
        if not providers:
            yield f"{here}: every subgraph refers to it and none provides it."
        if weakest([item.type for item in declared]) is None:
            yield f"{here}: the subgraphs give it different types."
        arguments = {each.part.subgraph: each.field.args for each in providers}
        yield from _problems_of_inputs(f"{here}, argument", arguments)


def _problems_of_sharing(name: str, where: str, all_parts: TypeParts) -> Iterator[str]:
    parts = all_parts[name]
    for field in field_names(parts):
        here = f"{where}, field {field}"
        providers = providers_of(parts, field)
        if len(providers) > 1 and not all(is_shareable(each.part, field) for each in providers):
            yield f"{here}: two subgraphs provide it. Mark it @shareable, or @external in one."
        if len(providers) > 1 and name in ROOT_TYPES:
            yield from _problems_of_shared_root(here, all_parts, providers)


def _problems_of_shared_root(
    where: str, all_parts: TypeParts, providers: list[Provider]
) -> Iterator[str]:
    """A shared root field is answered by one subgraph; its value must need no other."""
    returned = all_parts.get(get_named_type(providers[0].field.type).name, [])
    shapes = {frozenset(part.fields) for part in returned}
    if len(shapes) > 1:
        yield f"{where}: a shared root field whose type has unshared fields is not supported."


def _problems_of_inputs(where: str, by_subgraph: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Problems of the arguments of one field, or of the fields of one input type."""
    for name in dict.fromkeys(name for items in by_subgraph.values() for name in items):
        declared = [items[name] for items in by_subgraph.values() if name in items]
        is_required = any(isinstance(item.type, GraphQLNonNull) for item in declared)
        if is_required and len(declared) < len(by_subgraph):
            yield f"{where} {name}: required in some subgraphs and unknown to others."
        if strictest([item.type for item in declared]) is None:
            yield f"{where} {name}: the subgraphs give it different types."
        if any(item.default_value != declared[0].default_value for item in declared):
            yield f"{where} {name}: the subgraphs give it different default values."


def _problems_of_reach(where: str, parts: list[TypePart]) -> Iterator[str]:
    """Each stub must be completable wherever a field lives in another subgraph only."""
    for part in parts:
        reached = [way.part for way in ways_from(part, parts)]
        for field in field_names(parts):
            providers = providers_of(parts, field)
            if not any(each.answers_for(part) or each.part in reached for each in providers):
                yield f"{where}: from {part.subgraph}, no resolvable key leads to field {field}."


def _kind(type_: GraphQLNamedType) -> str:
    return type(type_).__name__.removeprefix("Custom").removeprefix("GraphQL").removesuffix("Type")


def _python_identity(type_: GraphQLNamedType) -> object:
    definition = definition_of(type_)
    return getattr(definition, "wrapped_cls", definition)


def _input_fields(part: TypePart) -> Mapping[str, Any]:
    return cast("GraphQLInputObjectType", part.type).fields
