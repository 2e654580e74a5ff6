"""What an operation costs at most, known before it runs.

An object is 1 point, a leaf 0, a root field of a mutation 10 more; a list multiplies what is asked
of each item by its length. The length is `first` or `last`, or the number of ids asked for.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from itertools import chain
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    visit,
)

from core.errors import CodedError
from resolvers.keyset import PAGE_SIZE

MUTATION_POINTS = 10
# Costs end here: above every limit, and short enough to be told.
COST_MAX = 1_000_000_000
PAGE_ARGUMENTS = ("first", "last")
CONSTANT = 0

Points = Counter[int]
"""How often the value of each step counts. That of `CONSTANT` is 1."""


class CostLimitExceeded(CodedError):
    """The operation asks for more than one operation may."""

    code = "COST_LIMIT_EXCEEDED"

    def __init__(self, cost: int, cost_max: int) -> None:
        super().__init__(
            f"The operation costs up to {cost} points, and {cost_max} are allowed. Ask for smaller"
            " pages (`first` or `last`), nest fewer lists, or send several operations."
        )


@dataclass(frozen=True, slots=True)
class Length:
    """How long a list is: its first argument that is not null, a number or the name of a variable.

    At least 1: what is asked of no item must still be planned.
    """

    asked: tuple[int | str, ...]

    def of(self, variables: Mapping[str, Any]) -> int:
        """The length with the raw `variables`. Those that are no sizes are refused elsewhere."""
        for each in self.asked:
            value = variables.get(each) if isinstance(each, str) else each
            if isinstance(value, list):
                return max(len(value), 1)
            if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
                return max(int(value), 1)
        return PAGE_SIZE

    @property
    def is_constant(self) -> bool:
        return not any(isinstance(each, str) for each in self.asked)


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one operation, as a formula over the variables that are lengths of lists."""

    steps: Sequence[tuple[Length, Points]]
    """Each is a length times points of the steps before it."""
    points: Points
    defaults: Mapping[str, Any]
    constant: int | None = field(init=False)
    """The cost where no variable has a part in it."""

    def __post_init__(self) -> None:
        is_constant = all(length.is_constant for length, _ in self.steps)
        object.__setattr__(self, "constant", self._points({}) if is_constant else None)

    def of(self, variables: Mapping[str, Any]) -> int:
        """The points with the raw `variables`, at most `COST_MAX`."""
        if self.constant is not None:
            return self.constant
        return self._points({**self.defaults, **variables})

    def _points(self, given: Mapping[str, Any]) -> int:
        values = [1]
        for length, points in self.steps:
            values.append(min(length.of(given) * _total(points, values), COST_MAX))
        return min(_total(self.points, values), COST_MAX)


class Costs:
    """The costs of operations on one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._connections = frozenset(_connections(schema))

    def of(self, document: DocumentNode, operation: OperationDefinitionNode) -> Cost:
        """The cost of an operation of a valid document, in time linear in the document."""
        formula = _Formula(self._schema, self._connections)
        for fragment in _innermost_first(document):
            formula.define(fragment)
        root = self._schema.get_root_type(operation.operation)
        points = Points() if root is None else formula.selected(root, operation.selection_set)[0]
        defaults = {
            each.variable.name.value: _constant(each.default_value)
            for each in operation.variable_definitions or ()
        }
        return Cost(formula.steps, points, defaults)


class _Formula:
    """Adds up what is selected: points that count once, and those for each item of a page.

    Items are fields of a connection, whose length is an argument of the field that leads to it.
    """

    def __init__(self, schema: GraphQLSchema, connections: frozenset[str]) -> None:
        self.steps: list[tuple[Length, Points]] = []
        self._schema = schema
        self._connections = connections
        self._fragments: dict[str, tuple[Points, Points]] = {}

    def define(self, fragment: FragmentDefinitionNode) -> None:
        """Remember a fragment, whose own spreads have been defined."""
        on = self._schema.type_map[fragment.type_condition.name.value]
        self._fragments[fragment.name.value] = self.selected(on, fragment.selection_set)

    def selected(self, parent: Any, selections: SelectionSetNode) -> tuple[Points, Points]:
        """The points of a selection set: once, and for each item of the page that it is of."""
        once, each = Points(), Points()
        for node in selections.selections:
            more = (
                self._field(parent, node)
                if isinstance(node, FieldNode)
                else self._within(parent, node)
            )
            once.update(more[0])
            each.update(more[1])
        return once, each

    def _within(self, parent: Any, node: SelectionNode) -> tuple[Points, Points]:
        if isinstance(node, FragmentSpreadNode):
            return self._fragments[node.name.value]
        condition: Any = node.type_condition  # pyright: ignore[reportAttributeAccessIssue]  # an inline fragment has one
        on = parent if condition is None else self._schema.type_map[condition.name.value]
        return self.selected(on, node.selection_set)  # pyright: ignore[reportAttributeAccessIssue]  # and selections

    def _field(self, parent: Any, node: FieldNode) -> tuple[Points, Points]:
        field = self._schema.get_field(parent, node.name.value)
        assert field is not None  # noqa: S101  # the document is valid
        start = MUTATION_POINTS if parent is self._schema.mutation_type else 0
        type_ = get_named_type(field.type)
        if node.selection_set is None or is_leaf_type(type_):
            return Points({CONSTANT: start}), Points()
        points, items = self.selected(type_, node.selection_set)
        length = _length(field, node)
        points = points + self._times(length, items) + Points({CONSTANT: 1})
        # What introspection lists is bounded by the schema, not by the data.
        if is_list_type(get_nullable_type(field.type)) and not type_.name.startswith("__"):
            if parent.name in self._connections and not length.asked:
                return Points(), points
            points = self._times(length, points)
        points[CONSTANT] += start
        return points, Points()

    def _times(self, length: Length, points: Points) -> Points:
        if not points:
            return points
        if length.is_constant:
            factor = length.of({})
            return Points({step: factor * count for step, count in points.items()})
        self.steps.append((length, points))
        return Points({len(self.steps): 1})


class _Spreads(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.names.add(node.name.value)


def _innermost_first(document: DocumentNode) -> list[FragmentDefinitionNode]:
    """The fragments, each after those that it spreads; a chain may be longer than the stack."""
    fragments: dict[str, FragmentDefinitionNode] = {}
    spread: dict[str, set[str]] = {}
    for node in document.definitions:
        if isinstance(node, FragmentDefinitionNode):
            visit(node, spreads := _Spreads())
            fragments[node.name.value] = node
            spread[node.name.value] = spreads.names
    return [fragments[name] for name in TopologicalSorter(spread).static_order()]


def _connections(schema: GraphQLSchema) -> set[str]:
    """The types whose lists are pages: fields with `first` or `last` lead to them."""
    found: set[str] = set()
    for holder in schema.type_map.values():
        if isinstance(holder, GraphQLObjectType | GraphQLInterfaceType):
            for field in holder.fields.values():
                to = get_named_type(field.type)
                if _length_arguments(field) and isinstance(to, GraphQLObjectType):
                    found.update(each.name for each in chain([to], to.interfaces))
    return found


def _length_arguments(field: GraphQLField) -> list[str]:
    """The arguments that say how many items there will be, the one that counts first."""
    found = [
        name
        for name in PAGE_ARGUMENTS
        if name in field.args and get_named_type(field.args[name].type) is GraphQLInt
    ]
    if found or not is_list_type(get_nullable_type(field.type)):
        return found
    return [
        name
        for name, argument in field.args.items()
        if is_required_argument(argument) and is_list_type(get_nullable_type(argument.type))
    ]


def _length(field: GraphQLField, node: FieldNode) -> Length:
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    asked = [_asked(given[name]) for name in _length_arguments(field) if name in given]
    return Length(tuple(each for each in asked if each is not None))


def _asked(value: ValueNode) -> int | str | None:
    return value.name.value if isinstance(value, VariableNode) else _constant(value)


def _constant(value: ValueNode | None) -> int | None:
    if isinstance(value, IntValueNode):
        return int(value.value)
    return len(value.values) if isinstance(value, ListValueNode) else None


def _total(points: Points, values: Sequence[int]) -> int:
    return sum(count * values[step] for step, count in points.items())
