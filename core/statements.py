"""SQL that is written with SQLAlchemy and compiled once, to be run many times by asyncpg.

Building and compiling a statement costs more than running it: what differs between two runs is a
parameter, and what differs in shape is a statement of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar, overload
from uuid import UUID

from sqlalchemy import ColumnElement, Select, TextualSelect, TypeDecorator, Uuid, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.orm import Mapped

NO_PARAMETERS: Mapping[str, Any] = {}
_DIALECT = asyncpg_dialect()

Records = Sequence[Any]
"""asyncpg's records, which behave as tuples."""
Made = TypeVar("Made")
Clause = Select[*tuple[Any, ...]] | TextualSelect

Place = tuple[str, Callable[[Mapping[str, Any]], Any] | None]
"""The name of a parameter, and how its value is made; `None` where the parameter is the value."""


def _as_they_are(records: Records) -> Records:
    return records


class Statement(Generic[Made]):
    """A SELECT, compiled when it is first run. Values are bound, never part of the text."""

    __slots__ = ("_clause", "_compiled", "keys", "made")

    @overload
    def __init__(self: "Statement[Records]", clause: Clause) -> None: ...

    @overload
    def __init__(
        self, clause: Clause, *, made: Callable[[Records], Made], keys: str | None = None
    ) -> None: ...

    def __init__(
        self,
        clause: Clause,
        *,
        made: Callable[[Records], Any] = _as_they_are,
        keys: str | None = None,
    ) -> None:
        """`made` turns the rows into what the readers want, once for all who share them.

        `keys` names a parameter, a list of keys, to which those of other readers may be added: then
        what is made has more than one asked for, and is a mapping by key.
        """
        self._clause = clause
        self._compiled: _Compiled | None = None
        self.made: Callable[[Records], Made] = made
        self.keys = keys

    @property
    def sql(self) -> str:
        return self._form().sql

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The values of `$1`, `$2` and so on. Raises KeyError for a parameter without a value."""
        return _values(self._form().places, parameters)

    def arguments_besides_keys(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """The same without the keys, lists as tuples: what two runs have in common, if anything."""
        values = _values(self._form().places_besides_keys, parameters)
        return tuple([tuple(each) if each.__class__ is list else each for each in values])

    def _form(self) -> "_Compiled":
        if self._compiled is None:
            self._compiled = _Compiled(self._clause, self.keys)
        return self._compiled


class _Compiled:
    """The text of a statement, and where the value of each of its places comes from."""

    __slots__ = ("places", "places_besides_keys", "sql")

    def __init__(self, clause: Clause, keys: str | None) -> None:
        for column in clause.selected_columns:
            # asyncpg's values are taken as they are: whatever needs converting is converted in SQL.
            if isinstance(column.type, TypeDecorator):
                message = f"`{column}` has the type {column.type!r}, which Python would convert"
                raise TypeError(message)
        compiled = clause.compile(dialect=_DIALECT)
        self.sql = str(compiled)
        self.places: list[Place] = [
            (name, _conversion(name, compiled.binds[name])) for name in compiled.positiontup or ()
        ]
        self.places_besides_keys = [place for place in self.places if place[0] != keys]


def _values(places: Sequence[Place], parameters: Mapping[str, Any]) -> list[Any]:
    return [
        parameters[name] if convert is None else convert(parameters) for name, convert in places
    ]


def _conversion(name: str, parameter: Any) -> Any:
    """How a value is made of the parameters; `None` where the parameter is the value."""
    convert = (
        parameter.type.bind_processor(_DIALECT)
        if isinstance(parameter.type, TypeDecorator)
        else None
    )
    if not parameter.required:
        constant = parameter.effective_value
        value = constant if convert is None else convert(constant)
        return lambda _: value
    return None if convert is None else lambda parameters: convert(parameters[name])


def is_among(column: ColumnElement[Any] | Mapped[Any], name: str) -> ColumnElement[bool]:
    """Whether `column` is one of the ids in the parameter `name`, however many they are."""
    ids: ColumnElement[Sequence[UUID]] = bindparam(name, type_=ARRAY(Uuid()))
    return column == any_(ids)
