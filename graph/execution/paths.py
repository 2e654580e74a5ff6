"""Where the objects of a level are in the response. Nothing is worked out unless somebody asks."""

from collections.abc import Sequence
from typing import Any, Protocol

from graphql.pyutils import Path

Order = tuple[int, ...]
"""Sorts positions as they are in the response: fields as selected, items as listed."""


class FieldPlace(Protocol):
    """A field of the level above."""

    @property
    def key(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def type_name(self) -> str: ...


class Level(Protocol):
    """The places of objects that are completed together, by their index."""

    def path(self, index: int) -> Path | None: ...

    def order(self, index: int) -> Order: ...


class Root:
    """The operation itself."""

    __slots__ = ()

    def path(self, index: int) -> Path | None:
        del index

    def order(self, index: int) -> Order:
        del index
        return ()


class Below:
    """Each object is what a field of an object above has."""

    __slots__ = ("field", "up")

    def __init__(self, up: Level, field: FieldPlace) -> None:
        self.up = up
        self.field = field

    def path(self, index: int) -> Path:
        return Path(self.up.path(index), self.field.key, self.field.type_name)

    def order(self, index: int) -> Order:
        return (*self.up.order(index), self.field.position)


class InLists:
    """The objects are the items of the lists that a field has, one list after the other."""

    __slots__ = ("field", "lists", "up")

    def __init__(self, up: Level, field: FieldPlace, lists: Sequence[Sequence[Any]]) -> None:
        self.up = up
        self.field = field
        self.lists = lists

    def path(self, index: int) -> Path:
        parent, item = self._place(index)
        return Path(Path(self.up.path(parent), self.field.key, self.field.type_name), item, None)

    def order(self, index: int) -> Order:
        parent, item = self._place(index)
        return (*self.up.order(parent), self.field.position, item)

    def _place(self, index: int) -> tuple[int, int]:
        parent = 0
        while index >= len(self.lists[parent]):
            index -= len(self.lists[parent])
            parent += 1
        return parent, index


class Places:
    """The objects are values of a field, or items of its lists, in any order.

    Each is named by the index of its parent, and of the item where there is a list.
    """

    __slots__ = ("_places", "field", "up")

    def __init__(
        self, up: Level, field: FieldPlace, places: Sequence[tuple[int, int | None]]
    ) -> None:
        self.up = up
        self.field = field
        self._places = places

    def path(self, index: int) -> Path:
        parent, item = self._places[index]
        path = Path(self.up.path(parent), self.field.key, self.field.type_name)
        return path if item is None else Path(path, item, None)

    def order(self, index: int) -> Order:
        parent, item = self._places[index]
        order = (*self.up.order(parent), self.field.position)
        return order if item is None else (*order, item)


class Some:
    """Some of the objects of another level, by their indices there."""

    __slots__ = ("indices", "level")

    def __init__(self, level: Level, indices: Sequence[int]) -> None:
        self.level = level
        self.indices = indices

    def path(self, index: int) -> Path | None:
        return self.level.path(self.indices[index])

    def order(self, index: int) -> Order:
        return self.level.order(self.indices[index])


ROOT = Root()
