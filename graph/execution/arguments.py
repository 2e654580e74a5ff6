"""The arguments of a field: worked out when planning where no variable is involved."""

from collections.abc import Mapping
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLField, ValueNode, VariableNode
from graphql.execution.values import VariableValues, get_argument_values

NO_VARIABLES = VariableValues({}, {})
NONE: Mapping[str, Any] = {}


class Arguments:
    """What a field is called with, the same for all parents of a level."""

    __slots__ = ("_constant", "_field", "_node")

    def __init__(self, field: GraphQLField, node: FieldNode) -> None:
        self._field = field
        self._node = node
        self._constant = _constant(field, node)

    def values(self, variables: VariableValues, *, hide_suggestions: bool) -> Mapping[str, Any]:
        """The coerced arguments. Raises GraphQLError as graphql-core does."""
        if self._constant is not None:
            return self._constant
        return get_argument_values(
            self._field, self._node, variables, hide_suggestions=hide_suggestions
        )


def _constant(field: GraphQLField, node: FieldNode) -> Mapping[str, Any] | None:
    """The arguments if they never change: no variables, no errors, and nothing mutable."""
    if not field.args and not node.arguments:
        return NONE
    if any(_has_variable(argument.value) for argument in node.arguments or ()):
        return None
    try:
        values = get_argument_values(field, node, NO_VARIABLES)
    except GraphQLError:
        return None
    is_fixed = all(isinstance(value, str | int | float | None) for value in values.values())
    return values if is_fixed else None


def _has_variable(value: ValueNode) -> bool:
    if isinstance(value, VariableNode):
        return True
    items = getattr(value, "values", ()) or ()
    fields = getattr(value, "fields", ()) or ()
    return any(map(_has_variable, items)) or any(_has_variable(each.value) for each in fields)
