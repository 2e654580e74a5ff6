"""Completes leaves quickly: what is plain is passed on, what is odd is left to careful code."""

from collections.abc import Callable
from types import GeneratorType
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLNamedType,
    GraphQLString,
    Undefined,
    is_list_type,
    is_non_null_type,
)

Complete = Callable[[Any], Any]

PLAIN: dict[GraphQLNamedType, str] = {
    GraphQLString: "v.__class__ is str",
    GraphQLID: "v.__class__ is str",
    GraphQLBoolean: "v.__class__ is bool",
    GraphQLInt: "v.__class__ is int and -2147483648 <= v <= 2147483647",
    GraphQLFloat: "v.__class__ is float and v - v == 0.0",
}
"""When a value of a built-in scalar is already what the response holds."""


class Odd(Exception):
    """A value that only careful code can complete."""


def is_odd(python_class: type) -> bool:
    """Whether instances are no plain values: nothing, failures, or what is yet to come."""
    return (
        python_class is type(None)
        or python_class is type(Undefined)
        or issubclass(python_class, BaseException)
        or hasattr(python_class, "__await__")
        or hasattr(python_class, "__aiter__")
        or issubclass(python_class, GeneratorType)
    )


def leaf_completer(type_: Any) -> Complete:
    """Completes values of a leaf type, or lists of them, as graphql-core does.

    Raises what the scalar raises, and Odd for what is not simply a value.
    """
    if is_non_null_type(type_):
        return _refusing_null(leaf_completer(type_.of_type))
    if is_list_type(type_):
        return _list_completer(leaf_completer(type_.of_type))
    return _value_completer(type_)


def _refusing_null(complete: Complete) -> Complete:
    def complete_nonnull(value: Any) -> Any:
        if value is None:
            raise Odd
        return complete(value)

    return complete_nonnull


def _list_completer(complete: Complete) -> Complete:
    def complete_list(value: Any) -> Any:
        if value.__class__ is list or value.__class__ is tuple:
            return [complete(item) for item in value]
        if value is None:
            return None
        raise Odd

    return complete_list


def _value_completer(type_: GraphQLNamedType) -> Complete:
    coerce: Complete = type_.coerce_output_value  # pyright: ignore[reportAttributeAccessIssue]  # a leaf type has it
    known: dict[type, bool] = {}

    def complete(value: Any) -> Any:
        if value is None:
            return None
        python_class = value.__class__
        odd = known.get(python_class)
        if odd is None:
            odd = known[python_class] = is_odd(python_class)
        if odd:
            raise Odd
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise Odd
        return coerced

    return complete
