"""Fields whose values are attributes of their objects, which need no resolver to be read."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any

from graphql import GraphQLField
from strawberry.types.field import StrawberryField

from graph.compose.definitions import definition_of
from subgraphs.shared.columns import COLUMN, Column


@dataclass(frozen=True)
class Attribute:
    """An attribute of the object, or of what its attributes hold. It may be read again."""

    path: str
    shown: Callable[[Any], Any] | None
    """What becomes of a value that is there."""

    @cached_property
    def read(self) -> Callable[[Any], Any]:
        """Reads the value of one object."""
        read, shown = attrgetter(self.path), self.shown
        if shown is None:
            return read

        def read_and_show(source: Any) -> Any:
            value = read(source)
            return None if value is None else shown(value)

        return read_and_show


def attribute_of(field: GraphQLField) -> Attribute | None:
    """The attribute behind a Strawberry field; `None` where there is a resolver to be called."""
    definition: StrawberryField = definition_of(field)
    column: Column | None = (definition.metadata or {}).get(COLUMN)
    if column is not None:
        return Attribute(column.path, column.shown)
    if definition.is_basic_field and getattr(field.resolve, "_is_default", False):
        return Attribute(definition.python_name, None)
    return None
