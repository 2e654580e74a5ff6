"""How long the answer to a document may be repeated to anonymous people, and what makes it old.

Found once for a document, from the hints on its fields; conditions such as `@skip` are not looked
at, so that the policy holds for all variables.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

from graph.compose.definitions import definition_of
from models.subjects import Subject
from subgraphs.shared.caching import KEY, CacheHint, hint_of_field, hint_of_type

TYPENAME = "__typename"
NOT_CACHED = CacheHint(0)
INHERITED = CacheHint()

Holder: TypeAlias = GraphQLObjectType | GraphQLInterfaceType


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """What holds for every answer to one document."""

    max_age_seconds: int
    """At least 1."""
    subjects: frozenset[Subject]
    """The writes that make an answer old before that."""


def policy_of(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> CachePolicy | None:
    """The policy of one operation of a valid document; `None` when it must not be cached.

    Only queries are, none of whose fields is private, and no shorter than their shortest hint.
    """
    if operation.operation is not OperationType.QUERY or schema.query_type is None:
        return None
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    ages: list[int] = []
    subjects: set[Subject] = set()
    for hint in _Walk(schema, fragments).hints(operation.selection_set):
        if hint.is_private or hint.max_age_seconds == 0:
            return None
        subjects |= hint.subjects
        if hint.max_age_seconds is not None:
            ages.append(hint.max_age_seconds)
    return CachePolicy(min(ages), frozenset(subjects)) if ages else None


class _Walk:
    """Reads the hints on all fields that an operation selects, each fragment once."""

    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._seen: set[str] = set()

    def hints(self, selections: SelectionSetNode) -> Iterator[CacheHint]:
        waiting: list[tuple[GraphQLNamedType, SelectionSetNode]] = []
        assert self._schema.query_type is not None  # noqa: S101  # the caller has looked
        waiting.append((self._schema.query_type, selections))
        while waiting:
            parent, selected = waiting.pop()
            for node in selected.selections:
                if isinstance(node, FieldNode):
                    if node.name.value == TYPENAME:
                        continue
                    yield from self._hints_of(parent, node)
                    if node.selection_set is not None:
                        waiting.append((self._type_of(parent, node), node.selection_set))
                else:
                    waiting.extend(self._within(parent, node))

    def _within(
        self, parent: GraphQLNamedType, node: Any
    ) -> Iterator[tuple[GraphQLNamedType, SelectionSetNode]]:
        """What a fragment selects, and on which type."""
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            on = parent if condition is None else self._schema.type_map[condition.name.value]
            yield on, node.selection_set
            return
        assert isinstance(node, FragmentSpreadNode)  # noqa: S101  # there is no fourth kind
        name = node.name.value
        if name not in self._seen:
            self._seen.add(name)
            fragment = self._fragments[name]
            yield self._schema.type_map[fragment.type_condition.name.value], fragment.selection_set

    def _type_of(self, parent: GraphQLNamedType, node: FieldNode) -> GraphQLNamedType:
        field = self._schema.get_field(parent, node.name.value)  # pyright: ignore[reportArgumentType]  # composite, for it has fields
        assert field is not None  # noqa: S101  # the document is valid
        return get_named_type(field.type)

    def _hints_of(self, parent: GraphQLNamedType, node: FieldNode) -> Iterator[CacheHint]:
        """The hint of a field; of every implementation too where the parent is abstract."""
        name = node.name.value
        holders: list[Any] = [parent]
        if is_abstract_type(parent):
            holders += self._schema.get_possible_types(parent)
        for holder in holders:
            # Introspection is for tools, which do not ask often.
            yield NOT_CACHED if name.startswith("__") else self._hint_of(holder, name)

    def _hint_of(self, holder: Holder, name: str) -> CacheHint:
        field = holder.fields[name]
        type_ = get_named_type(field.type)
        of_type = hint_of_type(definition_of(type_))
        if of_type is not None and of_type.is_private:
            return of_type
        hint = field.extensions.get(KEY) or hint_of_field(definition_of(field)) or of_type
        if hint is not None:
            return hint
        is_plain = is_leaf_type(type_) and holder is not self._schema.query_type
        return INHERITED if is_plain else NOT_CACHED
