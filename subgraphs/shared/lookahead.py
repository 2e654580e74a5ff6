"""Look-ahead: which columns of a row the selections below a field read.

A field says what it reads where it is declared (`READS`). Columns that nobody needs do no harm:
conditions are not looked at, and whatever is not understood reads all of them.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode
from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryContainer, get_object_definition
from strawberry.types.lazy_type import LazyType

from models.rows import Columns, including
from resolvers.keyset import CURSOR
from subgraphs.shared.access import Info
from subgraphs.shared.columns import READS

WITH_CURSORS = frozenset({"edges", "pageInfo"})
KNOWN = "columns"
NAMES = NameConverter()


class Place(NamedTuple):
    """Where a document selects a field: the nodes that do, and the document's fragments."""

    nodes: Sequence[FieldNode]
    fragments: Mapping[str, FragmentDefinitionNode]

    @classmethod
    def of(cls, info: Info) -> "Place":
        """Where a resolver is called."""
        raw = info._raw_info  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # Strawberry's own copies all that is selected
        return cls(raw.field_nodes, raw.fragments)

    def selected(self) -> list[FieldNode]:
        """The fields directly below, on whatever type, each fragment looked at once."""
        found: list[FieldNode] = []
        seen: set[str] = set()
        waiting = [node.selection_set for node in self.nodes]
        while waiting:
            selections = waiting.pop()
            for each in selections.selections if selections is not None else ():
                if isinstance(each, FieldNode):
                    found.append(each)
                elif isinstance(each, InlineFragmentNode):
                    waiting.append(each.selection_set)
                elif isinstance(each, FragmentSpreadNode) and each.name.value not in seen:
                    seen.add(each.name.value)
                    waiting.append(self.fragments[each.name.value].selection_set)
        return found

    def below(self, *path: str) -> "Place":
        """Where the fields along `path` are selected."""
        place = self
        for name in path:
            nodes = [node for node in place.selected() if node.name.value == name]
            place = Place(nodes, self.fragments)
        return place


def columns_below(info: Info) -> tuple[Columns, ...]:
    """The columns of the row, or of the page of rows, that a field leads to.

    They are the last argument of reads; there is none where a field leads to no row.
    """
    field, place = info._field, Place.of(info)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # what it says of itself is worked out anew each time
    known = _known_at(place)
    key = (id(field), *map(id, place.nodes))
    if key not in known:
        known[key] = columns_at(field.type, place)
    return known[key]


def columns_at(type_: Any, place: Place) -> tuple[Columns, ...]:
    """`columns_below`, for a field of a Strawberry type."""
    while isinstance(type_, StrawberryContainer):
        type_ = type_.of_type
    definition = get_object_definition(_resolved(type_))
    if definition is None:
        return ()
    item = _resolved(next(iter(definition.type_var_map.values()), None))
    shown, path = (definition.origin, ()) if item is None else (item, None)
    return (_remembered(place, shown, path),) if _reads(shown) else ()


def _resolved(type_: Any) -> Any:
    """A type that may be named before its module is read."""
    return type_.resolve_type() if isinstance(type_, LazyType) else type_


def columns_of(info: Info, shown: type, *path: str) -> Columns:
    """The columns of the row behind the `shown` that is found along `path`."""
    return _remembered(Place.of(info), shown, path)


def _remembered(place: Place, shown: Any, path: tuple[str, ...] | None) -> Columns:
    """Worked out once for each place, and kept with its node for as long as the document is."""
    known = _known_at(place)
    key = (shown, path, *map(id, place.nodes))
    if key not in known:
        known[key] = (
            _columns_of_page(place, shown)
            if path is None
            else _columns_of_rows(place.below(*path).selected(), shown)
        )
    return known[key]


def _known_at(place: Place) -> dict[Any, Any]:
    return vars(place.nodes[0]).setdefault(KNOWN, {})


def _columns_of_page(place: Place, shown: type) -> Columns:
    items = [*place.below("nodes").selected(), *place.below("edges", "node").selected()]
    columns = _columns_of_rows(items, shown)
    has_cursors = any(node.name.value in WITH_CURSORS for node in place.selected())
    return including(columns, CURSOR) if has_cursors else columns


def _columns_of_rows(selected: Sequence[FieldNode], shown: type) -> Columns:
    reads = _reads(shown)
    columns: set[str] = set()
    for name in {node.name.value for node in selected} - {"__typename"}:
        read = reads.get(name)
        if read is None:
            return None
        columns |= read
    return frozenset(columns)


@cache
def _reads(shown: type) -> Mapping[str, Columns]:
    """What each field of a type reads, if its objects show rows."""
    definition = get_object_definition(shown)
    return {
        NAMES.get_graphql_name(field): field.metadata[READS]
        for field in (definition.fields if definition is not None else ())
        if READS in field.metadata
    }
