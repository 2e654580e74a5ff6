"""Shows rows and keys as objects of the classes that the schema is made of."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Showing(Protocol):
    """A class whose objects show what they are given."""

    @classmethod
    def of(cls, parent: Any) -> Any: ...

    @classmethod
    def of_all(cls, parents: Sequence[Any]) -> list[Any]: ...


class Shown:
    """Shows a row, or a key, as an object of a class; many of them together, which is cheaper.

    A class that is declared further down is given as a function that returns it.
    """

    __slots__ = ("_class",)

    def __init__(self, class_: type[Showing] | Callable[[], type[Showing]]) -> None:
        self._class = class_

    def __call__(self, parent: Any) -> Any:
        return self.declared.of(parent)

    def all(self, parents: Sequence[Any]) -> list[Any]:
        """An object for each of `parents`."""
        return self.declared.of_all(parents)

    @property
    def declared(self) -> Any:
        """The class."""
        return self._class if isinstance(self._class, type) else self._class()


def all_shown(shown: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """`shown` for each of `values`, none of which is null."""
    return shown.all(values) if isinstance(shown, Shown) else list(map(shown, values))
