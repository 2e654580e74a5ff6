"""Reads what the subgraphs declare: their types, keys and federation directives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    is_specified_scalar_type,
    parse,
)
from strawberry.federation.schema_directives import (
    External,
    Inaccessible,
    Key,
    Override,
    Requires,
    Shareable,
)
from strawberry.types.base import StrawberryObjectDefinition

STRAWBERRY_DEFINITION = "strawberry-definition"
ROOT_TYPES = ("Query", "Mutation", "Subscription")
FEDERATION_TYPES = frozenset(
    {"_Any", "_Entity", "_Service", "_FieldSet", "link__Import", "link__Purpose"}
)
FEDERATION_FIELDS = frozenset({"_service", "_entities"})

Directive = TypeVar("Directive")
ResolveInfo: TypeAlias = GraphQLResolveInfo[Any]


class CompositionError(Exception):
    """The subgraphs cannot be honoured as one schema. Names the type and the subgraphs."""


@dataclass(frozen=True, slots=True, eq=False)
class TypePart:
    """One subgraph's contribution to a type of the composed schema."""

    subgraph: str
    python_class: type | None
    keys: tuple[SelectionSetNode, ...]
    """Field sets by which this subgraph resolves references; empty for none."""
    key_fields: frozenset[str]
    """Top-level fields of all its keys, resolvable or not."""
    type: GraphQLNamedType

    @property
    def fields(self) -> Mapping[str, GraphQLField]:
        """Its fields, without federation's own. Empty unless an object or an interface."""
        if not isinstance(self.type, GraphQLObjectType | GraphQLInterfaceType):
            return {}
        return {
            name: field for name, field in self.type.fields.items() if name not in FEDERATION_FIELDS
        }

    def provides(self, name: str) -> bool:
        """Whether this subgraph can answer for the field, not only refer to it."""
        field = self.fields.get(name)
        if field is None:
            return False
        return name in self.key_fields or not has_directive(field, External)


@dataclass(frozen=True, slots=True)
class Provider:
    """A subgraph's way of resolving one field."""

    part: TypePart
    field: GraphQLField
    requires: SelectionSetNode | None

    def answers_for(self, part: TypePart) -> bool:
        """Whether it takes the instances of `part` as they are, without completing them."""
        return self.requires is None and self.part.python_class is part.python_class


TypeParts = dict[str, list[TypePart]]


def collect_parts(schemas: Mapping[str, GraphQLSchema]) -> TypeParts:
    """Every type of every subgraph, by name, in the subgraphs' order."""
    parts: TypeParts = {}
    for subgraph, schema in schemas.items():
        for name, type_ in schema.type_map.items():
            if name.startswith("__") or name in FEDERATION_TYPES or is_specified_scalar_type(type_):
                continue
            parts.setdefault(name, []).append(_part(subgraph, type_))
    return parts


def _part(subgraph: str, type_: GraphQLNamedType) -> TypePart:
    keys = directives_of(type_, Key)
    sets = [(field_set(str(key.fields)), key.resolvable is not False) for key in keys]
    definition = definition_of(type_)
    python_class = definition.origin if isinstance(definition, StrawberryObjectDefinition) else None
    return TypePart(
        subgraph=subgraph,
        type=type_,
        python_class=python_class,
        keys=tuple(selections for selections, is_resolvable in sets if is_resolvable),
        key_fields=frozenset(name for selections, _ in sets for name in names_in(selections)),
    )


def providers_of(parts: list[TypePart], name: str) -> list[Provider]:
    """The subgraphs that resolve field `name`, after overrides."""
    overridden = {
        override.override_from
        for part in parts
        if name in part.fields
        for override in directives_of(part.fields[name], Override)
    }
    return [
        Provider(part, part.fields[name], _requires(part.fields[name]))
        for part in parts
        if part.provides(name) and part.subgraph not in overridden
    ]


def _requires(field: GraphQLField) -> SelectionSetNode | None:
    found = directives_of(field, Requires)
    return field_set(str(found[0].fields)) if found else None


def field_names(parts: list[TypePart]) -> list[str]:
    """Each field that any part declares, once, in order of appearance."""
    return list(dict.fromkeys(name for part in parts for name in part.fields))


def definition_of(element: Any) -> Any:
    """Strawberry's definition of a GraphQL type or field; None for built-in ones."""
    return element.extensions.get(STRAWBERRY_DEFINITION)


def directives_of(element: Any, kind: type[Directive]) -> list[Directive]:
    """The directives of one kind on a GraphQL type, field, argument or enum value."""
    applied = getattr(definition_of(element), "directives", None) or ()
    return [directive for directive in applied if isinstance(directive, kind)]


def has_directive(element: Any, kind: type) -> bool:
    return bool(directives_of(element, kind))


def is_inaccessible(element: Any) -> bool:
    return has_directive(element, Inaccessible)


def is_shareable(part: TypePart, name: str) -> bool:
    """Whether others may provide the field too. Key fields always are."""
    return (
        name in part.key_fields
        or has_directive(part.fields[name], Shareable)
        or has_directive(part.type, Shareable)
    )


def field_set(text: str) -> SelectionSetNode:
    """The selections of a federation field set such as `id` or `price { amount }`."""
    operation = parse("{" + text + "}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)  # noqa: S101  # by the text's form
    return operation.selection_set


def names_in(selections: SelectionSetNode) -> list[str]:
    """The top-level fields of a field set; those within fragments are not among them."""
    return [node.name.value for node in selections.selections if isinstance(node, FieldNode)]
