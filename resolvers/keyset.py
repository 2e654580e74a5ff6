"""Pages of ordered rows by keyset: a page begins after a row, so inserts never shift it.

The algorithm is that of the Relay connection specification, section 4.4.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec
import orjson
from sqlalchemy import (
    TIMESTAMP,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Table,
    Uuid,
    bindparam,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.functions import func
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from core.database import Database
from core.errors import CodedError
from core.money import parse_azr
from core.statements import NO_PARAMETERS, Records, Statement
from models.base import UtcTimestamp
from models.rows import AnyRow, Columns, including, narrowed

PAGE_SIZE = 20
PAGE_SIZE_MAX = 100
# Holds a name of 255 characters of six bytes each, as JSON may write one, beside an id.
CURSOR_LENGTH_MAX = 2500
# Orders by directions, bounds, filters and columns: more than any program asks for in turn.
STATEMENTS_MAX = 1024

CURSOR = "cursor"
"""Among columns: those that the cursors of a listing are made of."""

Row = TypeVar("Row")
Parse = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted. Cursors are as clients sent them."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    is_forward: bool = field(init=False, compare=False)
    """Whether rows are counted from the beginning: always, unless only `last` is given."""
    size: int = field(init=False, compare=False)
    """How many rows to read at most, before `last` trims those of `first`."""

    def __post_init__(self) -> None:
        is_forward = self.first is not None or self.last is None
        wanted = self.first if is_forward else self.last
        object.__setattr__(self, "is_forward", is_forward)
        object.__setattr__(self, "size", PAGE_SIZE if wanted is None else wanted)
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 0 <= size <= PAGE_SIZE_MAX:
                message = f"`{name}` must be from 0 to {PAGE_SIZE_MAX}."
                raise CodedError(message)


@dataclass(frozen=True, slots=True)
class Order:
    """A total order of rows: `keys` name attributes, the last of which is unique.

    All keys go in the same direction, so that one row comparison finds the place of a cursor.
    """

    name: str
    keys: tuple[tuple[str, Parse], ...]
    is_descending: bool

    def cursor(self, row: Any) -> str:
        """The place of `row`, as text for clients."""
        values = [self.name, *(getattr(row, key) for key, _ in self.keys)]
        return base64.urlsafe_b64encode(orjson.dumps(values, default=_plain)).decode().rstrip("=")

    def position(self, cursor: str) -> tuple[Any, ...]:
        """The key values of a cursor. Raises CodedError for one that this order did not make."""
        try:
            if len(cursor) > CURSOR_LENGTH_MAX:
                raise ValueError(cursor)
            padded = cursor + "=" * (-len(cursor) % 4)
            name, *values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if name != self.name:
                raise ValueError(name)
            return tuple(parse(value) for (_, parse), value in zip(self.keys, values, strict=True))
        # AttributeError is what UUID says of a value that is no text.
        except (ValueError, TypeError, AttributeError, OverflowError):
            message = (
                "This cursor does not belong to this list and order. Take cursors from `pageInfo`"
                " or `edges` as they are."
            )
            raise CodedError(message) from None


def _plain(value: object) -> str:
    """A key as text. Amounts in plain digits: `str` would write zero with 8 places as `0E-8`."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def time_value(value: Any) -> datetime:
    """A time with its zone, of a cursor."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment.astimezone(UTC)


def text_value(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise TypeError(value)
    return value


def amount_value(value: Any) -> Decimal:
    """A number of as many digits as AZR has, of a cursor."""
    return parse_azr(text_value(value))


def whole_value(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise TypeError(value)
    return value


NEWEST = Order("newest", (("created_at", time_value), ("id", UUID)), is_descending=True)
OLDEST = Order("oldest", NEWEST.keys, is_descending=False)


class Slice(msgspec.Struct, Generic[Row], frozen=True, eq=False):
    """One page of rows. `count` answers how many the whole list has, when somebody asks."""

    rows: Sequence[Row]
    order: Order
    has_next: bool
    has_previous: bool
    count: Callable[[], Awaitable[int]]


def cut(
    found: Sequence[Row], page: Page, order: Order, count: Callable[[], Awaitable[int]]
) -> Slice[Row]:
    """The page from up to `page.size + 1` rows, read in the page's direction.

    Behind a cursor there is at least the cursor's own row, so `after` implies a previous page and
    `before` a next one.
    """
    rows = found[: page.size]
    has_more = len(found) > len(rows)
    if not page.is_forward:
        has_previous = has_more or page.after is not None
        return Slice(rows[::-1], order, page.before is not None, has_previous, count)
    kept = rows if page.last is None else rows[max(0, len(rows) - page.last) :]
    has_previous = page.after is not None or len(kept) < len(rows)
    return Slice(kept, order, has_more or page.before is not None, has_previous, count)


@dataclass(frozen=True, slots=True, eq=False)
class Listing(Generic[AnyRow]):
    """An ordered list kept in a table: which rows, in which order, as which light rows.

    `where` always holds. A condition of `choices` holds in reads that have its name among their
    parameters; it may use the parameter of that name, and no other. The fields of `row` are columns
    of the table, or `computed`.
    """

    table: type[SQLModel]
    row: type[AnyRow]
    order: Order
    where: tuple[ColumnElement[bool], ...] = ()
    choices: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)
    computed: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)

    def columns(self) -> Mapping[str, ColumnElement[Any]]:
        """What its rows can be made of, and ordered by."""
        return {**columns_by_name(self.table), **self.computed}

    async def read(
        self,
        database: Database,
        page: Page,
        count: Callable[[], Awaitable[int]],
        parameters: Mapping[str, Any] = NO_PARAMETERS,
        columns: Columns = None,
    ) -> Slice[AnyRow]:
        """One page of the whole list, in one bounded query. Its rows have `columns` only."""
        row = self._narrowed(columns)
        statement = _page_statement(self, row, _shape(page, parameters))
        found = await database.fetch(statement, {**self._bounds(page), **parameters})
        return cut(found, page, self.order, count)

    async def read_for_parents(
        self,
        database: Database,
        parent_key: str,
        parent_ids: Sequence[UUID],
        page: Page,
        parameters: Mapping[str, Any] = NO_PARAMETERS,
        columns: Columns = None,
    ) -> dict[UUID, Sequence[AnyRow]]:
        """The rows of the same page of each parent's list, in one bounded query.

        `parent_key` is the column that names the parent. `parent_ids` are distinct.
        """
        row = self._narrowed(columns)
        statement = _parents_statement(self, row, parent_key, _shape(page, parameters))
        bounds = self._bounds(page)
        found = await database.fetch(statement, {**bounds, **parameters, "parents": parent_ids})
        return {parent_id: found.get(parent_id, ()) for parent_id in parent_ids}

    async def count(self, database: Database, parameters: Mapping[str, Any] = NO_PARAMETERS) -> int:
        """How many rows the whole list has."""
        found = await database.fetch(_count_statement(self, tuple(parameters)), parameters)
        return found[0][0]

    def _narrowed(self, columns: Columns) -> type[AnyRow]:
        if columns is not None and CURSOR in columns:
            columns = including(columns, *(key for key, _ in self.order.keys))
        return narrowed(self.row, columns)

    def _bounds(self, page: Page) -> dict[str, Any]:
        """The parameters of a page. Raises CodedError for cursors of another list."""
        bounds: dict[str, Any] = {"rows_max": page.size + 1}
        for side, cursor in (("after", page.after), ("before", page.before)):
            if cursor is not None:
                values = self.order.position(cursor)
                bounds |= {f"{side}_{place}": value for place, value in enumerate(values)}
        return bounds


class _Shape(NamedTuple):
    """What of a read makes a statement of its own; the rest are parameters."""

    is_forward: bool
    has_after: bool
    has_before: bool
    chosen: tuple[str, ...]


def _shape(page: Page, parameters: Mapping[str, Any]) -> _Shape:
    has_after, has_before = page.after is not None, page.before is not None
    return _Shape(page.is_forward, has_after, has_before, tuple(parameters))


@lru_cache(STATEMENTS_MAX)
def _page_statement(listing: Listing[Any], row: type[Any], shape: _Shape) -> Statement[list[Any]]:
    def rows(found: Sequence[Any]) -> list[Any]:
        return [row(*record) for record in found]

    return Statement(_bounded(listing, _chosen(listing.columns(), row), shape), made=rows)


@lru_cache(STATEMENTS_MAX)
def _parents_statement(
    listing: Listing[Any], row: type[Any], parent_key: str, shape: _Shape
) -> Statement[dict[UUID, list[Any]]]:
    parents = (
        func.unnest(bindparam("parents", type_=ARRAY(Uuid())))
        .table_valued("id", name="parent")
        .render_derived()
    )

    def rows_by_parent(found: Sequence[Any]) -> dict[UUID, list[Any]]:
        by_parent: dict[UUID, list[Any]] = {}
        for parent_id, *values in found:
            by_parent.setdefault(parent_id, []).append(row(*values))
        return by_parent

    columns, names = listing.columns(), row.__struct_fields__
    keys = [key for key, _ in listing.order.keys]
    unread = [columns[key] for key in keys if key not in names]
    page_rows = (
        _bounded(listing, [*_chosen(columns, row), *unread], shape)
        .where(columns[parent_key] == parents.c.id)
        .lateral("page_row")
    )
    return Statement(
        select(parents.c.id, *(page_rows.c[name] for name in names))
        .select_from(parents.join(page_rows, true()))
        .order_by(*_directed(listing, [page_rows.c[key] for key in keys], shape)),
        made=rows_by_parent,
        keys="parents",
    )


@lru_cache(STATEMENTS_MAX)
def _count_statement(listing: Listing[Any], chosen: tuple[str, ...]) -> Statement[Records]:
    where = (*listing.where, *(listing.choices[name] for name in chosen))
    return Statement(select(func.count()).select_from(table_of(listing.table)).where(*where))


def _bounded(
    listing: Listing[Any], columns: Sequence[ColumnElement[Any]], shape: _Shape
) -> Select[Any]:
    columns_of_list = listing.columns()
    keys = [columns_of_list[key] for key, _ in listing.order.keys]
    where = (*listing.where, *(listing.choices[name] for name in shape.chosen))
    statement = select(*columns).where(*where)
    place = tuple_(*keys)
    is_descending = listing.order.is_descending
    if shape.has_after:
        bound = _bound(keys, "after")
        statement = statement.where(place < bound if is_descending else place > bound)
    if shape.has_before:
        bound = _bound(keys, "before")
        statement = statement.where(place > bound if is_descending else place < bound)
    rows_max = bindparam("rows_max", type_=Integer())
    return statement.order_by(*_directed(listing, keys, shape)).limit(rows_max)


def _directed(
    listing: Listing[Any],
    keys: Sequence[ColumnElement[Any]],
    shape: _Shape,
) -> list[ColumnElement[Any]]:
    is_descending = shape.is_forward == listing.order.is_descending
    return [key.desc() if is_descending else key for key in keys]


def _bound(keys: Sequence[ColumnElement[Any]], side: str) -> Any:
    return tuple_(
        *(
            bindparam(f"{side}_{place}", type_=_comparable(key.type))
            for place, key in enumerate(keys)
        )
    )


def _comparable(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of a bound. Without a column's precision, which a cursor's number may exceed."""
    return Numeric() if isinstance(kind, Numeric) else kind


def table_of(table: type[SQLModel]) -> Table:
    """The table behind a model."""
    return table.__table__  # pyright: ignore[reportAttributeAccessIssue]


def columns_by_name(table: type[SQLModel]) -> Mapping[str, ColumnElement[Any]]:
    """The columns of a model's table."""
    return {column.name: column for column in table_of(table).columns}


def row_columns(table: type[SQLModel], row: type[Any]) -> list[ColumnElement[Any]]:
    """The columns that make a light row, in the order of its fields."""
    return _chosen(columns_by_name(table), row)


def _chosen(columns: Mapping[str, ColumnElement[Any]], row: type[Any]) -> list[ColumnElement[Any]]:
    return [_aware(columns[name]) for name in row.__struct_fields__]


def _aware(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column's value with its zone, which PostgreSQL adds at less expense than Python."""
    if not isinstance(column.type, UtcTimestamp):
        return column
    moment = func.timezone(text("'UTC'"), column, type_=TIMESTAMP(timezone=True))
    return moment.label(column.name)
