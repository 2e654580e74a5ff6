"""Fields that are read from the row behind an object, without a copy of the row.

An object holds its row as `parent`; a value is taken from there when a client selects it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from strawberry import federation

from models.rows import Columns

PARENT = "parent"
"""The attribute of an object that holds what it shows: a row, or the key that stands for one."""

COLUMN = "column"
"""The key of a field's metadata under which its column is."""

READS = "reads"
"""The key of a field's metadata under which the columns are that it reads of its object's row."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field's value is, seen from the object, and how it is shown."""

    path: str
    shown: Callable[[Any], Any] | None


def column(
    name: str = "",
    *,
    description: str,
    shown: Callable[[Any], Any] | None = None,
    reads: Sequence[str] = (),
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """A field that shows the attribute `name` of `parent`, or `parent` itself.

    `shown` turns the value into what the schema declares; `None` stays null. It is a plain function
    of the value: it may be called again. Of `parent` itself it reads the columns `reads`.
    """
    path = f"{PARENT}.{name}" if name else PARENT
    read = attrgetter(path)

    def resolve(self: Any) -> Any:
        value = read(self)
        return value if value is None or shown is None else shown(value)

    del resolve.__annotations__["return"]
    return federation.field(
        resolver=resolve,
        description=description,
        metadata={
            COLUMN: Column(path, shown),
            READS: frozenset(reads) or columns_along(path),
            **(metadata or {}),
        },
    )


def within_parent(path: str) -> str | None:
    """What of a path is behind `parent`, if anything; `None` for a path that begins elsewhere."""
    first, _, rest = path.partition(".")
    return rest if first == PARENT else None


def columns_along(path: str) -> Columns:
    """The column that a path of attributes leads to from an object; all, if to none."""
    name = within_parent(path)
    return frozenset({name}) if name else None
