"""Fields whose values are attributes of their objects, which need no resolver to be read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from types import NoneType
from typing import Any

from graphql import GraphQLField
from strawberry.types.field import StrawberryField

from graph.compose.definitions import definition_of
from subgraphs.shared.columns import COLUMN, Column
from subgraphs.shared.showing import all_shown


@dataclass(frozen=True)
class Attribute:
    """An attribute of the object, or of what its attributes hold. It may be read again."""

    path: str
    shown: Callable[[Any], Any] | None
    """What becomes of a value that is there."""

    @cached_property
    def read(self) -> Callable[[Any], Any]:
        """Reads the value of one object."""
        read, shown = self._getter, self.shown
        if shown is None:
            return read

        def read_and_show(source: Any) -> Any:
            value = read(source)
            return None if value is None else shown(value)

        return read_and_show

    def values(self, sources: Sequence[Any]) -> list[Any]:
        """The values of many, before they are shown."""
        return list(map(self._getter, sources))

    def read_all(self, sources: Sequence[Any]) -> list[Any]:
        """Reads the values of many. Raises if one of them does."""
        values = self.values(sources)
        if self.shown is None:
            return values
        if NoneType in set(map(type, values)):
            return [None if value is None else self.shown(value) for value in values]
        return all_shown(self.shown, values)

    @cached_property
    def _getter(self) -> Callable[[Any], Any]:
        return attrgetter(self.path)


def attribute_of(field: GraphQLField) -> Attribute | None:
    """The attribute behind a Strawberry field; `None` where there is a resolver to be called."""
    definition: StrawberryField = definition_of(field)
    column: Column | None = (definition.metadata or {}).get(COLUMN)
    if column is not None:
        return Attribute(column.path, column.shown)
    if definition.is_basic_field and getattr(field.resolve, "_is_default", False):
        return Attribute(definition.python_name, None)
    return None
