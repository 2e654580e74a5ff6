"""Refuses at start-up what composition in one process cannot honour.

Each refusal names the type and the subgraphs, and says what to do instead.
"""

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    InlineFragmentNode,
    get_named_type,
)
from strawberry.federation.schema_directives import Key, Override

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
    is_interface_object,
    is_shareable,
    providers_of,
)


def refuse_what_cannot_be_composed(parts: TypeParts) -> None:
    """Return if the parts make one schema. Raises CompositionError with every problem."""
    problems = [problem for name in parts for problem in _problems_of_type(name, parts)]
    if problems:
        raise CompositionError("\n".join(problems))


def _problems_of_type(name: str, all_parts: TypeParts) -> Iterator[str]:
    parts = all_parts[name]
    where = f"{name} ({', '.join(part.subgraph for part in parts)})"
    kinds = {_kind(part.type) for part in parts}
    if len(kinds) > 1:
        yield f"{where}: declared as {' and '.join(sorted(kinds))}. One name has one kind."
        return
    first = parts[0].type
    if isinstance(first, GraphQLEnumType | GraphQLScalarType):
        if len({id(_python_identity(part.type)) for part in parts}) > 1:
            yield f"{where}: declared by two Python definitions. Declare it once and share it."
        return
    if isinstance(first, GraphQLInterfaceType) and any(
        has_directive(part.type, Key) for part in parts
    ):
        yield f"{where}: an interface with @key is not supported. Put the key on its object types."
    if isinstance(first, GraphQLObjectType):
        yield from _problems_of_object(name, where, all_parts)


def _problems_of_object(name: str, where: str, all_parts: TypeParts) -> Iterator[str]:
    parts = all_parts[name]
    if any(is_interface_object(part.type) for part in parts):
        yield f"{where}: @interfaceObject is not supported."
    for part in parts:
        yield from _problems_of_keys(part, where)
    for field in field_names(parts):
        providers = providers_of(parts, field)
        yield from _problems_of_field(f"{where}, field {field}", name, field, all_parts, providers)
    if name not in ROOT_TYPES:
        yield from _problems_of_reach(where, parts)


def _problems_of_keys(part: TypePart, where: str) -> Iterator[str]:
    for key in part.keys:
        if any(isinstance(node, InlineFragmentNode) for node in key.selections):
            yield f"{where}: a key with a fragment is not supported."
    if part.keys and not hasattr(part.python_class, "resolve_references"):
        yield (
            f"{where}: {part.subgraph} declares a key and no `resolve_references`. Without one,"
            " clients could make up an entity's fields."
        )


def _problems_of_field(
    where: str, type_name: str, field: str, all_parts: TypeParts, providers: list[Provider]
) -> Iterator[str]:
    declared = [part.fields[field] for part in all_parts[type_name] if field in part.fields]
    if any(override.label for item in declared for override in directives_of(item, Override)):
        yield f"{where}: @override with a label is not supported."
    if not providers:
        yield f"{where}: every subgraph refers to it and none provides it."
        return
    if len({get_named_type(item.type).name for item in declared}) > 1:
        yield f"{where}: the subgraphs give it different types."
    if len(providers) > 1 and not all(is_shareable(each.part, field) for each in providers):
        yield f"{where}: two subgraphs provide it. Mark it @shareable, or @external in one."
    if len(providers) > 1 and type_name in ROOT_TYPES:
        yield from _problems_of_shared_root(where, all_parts, providers)


def _problems_of_shared_root(
    where: str, all_parts: TypeParts, providers: list[Provider]
) -> Iterator[str]:
    """A shared root field is answered by one subgraph; its value must need no other."""
    returned = all_parts.get(get_named_type(providers[0].field.type).name, [])
    shapes: set[frozenset[str]] = {frozenset(part.fields) for part in returned}
    if len(shapes) > 1:
        yield f"{where}: a shared root field whose type has unshared fields is not supported."


def _problems_of_reach(where: str, parts: list[TypePart]) -> Iterator[str]:
    """Each stub must be completable wherever a field lives in another subgraph only."""
    for part in parts:
        for other in parts:
            missing = [name for name in field_names([other]) if not part.provides(name)]
            foreign = [name for name in missing if not _has_key_for(name, parts)]
            if part.python_class is not other.python_class and foreign:
                yield (
                    f"{where}: {part.subgraph} cannot reach {foreign[0]} of {other.subgraph},"
                    " which has no resolvable key."
                )


def _has_key_for(field: str, parts: list[TypePart]) -> bool:
    return any(part.keys for part in parts if part.provides(field))


def _kind(type_: GraphQLNamedType) -> str:
    return type(type_).__name__.removeprefix("Custom").removeprefix("GraphQL").removesuffix("Type")


def _python_identity(type_: GraphQLNamedType) -> object:
    definition = definition_of(type_)
    return getattr(definition, "wrapped_cls", definition)
