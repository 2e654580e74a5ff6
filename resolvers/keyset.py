"""Pages of ordered rows by keyset: a page begins after a row, so inserts never shift it.

The algorithm is that of the Relay connection specification, section 4.4.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Numeric, Select, Table, Uuid, literal, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.functions import func
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from core.database import ReadSession
from core.errors import CodedError
from core.money import parse_azr

PAGE_SIZE = 20
PAGE_SIZE_MAX = 100
# Holds a name of 255 characters of six bytes each, as JSON may write one, beside an id.
CURSOR_LENGTH_MAX = 2500

Row = TypeVar("Row")
Parse = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted. Cursors are as clients sent them."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def __post_init__(self) -> None:
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 0 <= size <= PAGE_SIZE_MAX:
                message = f"`{name}` must be from 0 to {PAGE_SIZE_MAX}."
                raise CodedError(message)

    @property
    def is_forward(self) -> bool:
        """Whether rows are counted from the beginning: always, unless only `last` is given."""
        return self.first is not None or self.last is None

    @property
    def size(self) -> int:
        """How many rows to read at most, before `last` trims those of `first`."""
        if self.first is not None:
            return self.first
        return PAGE_SIZE if self.last is None else self.last


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


@dataclass(frozen=True, slots=True)
class Slice(Generic[Row]):
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
    rows = list(found[: page.size])
    has_more = len(found) > len(rows)
    if not page.is_forward:
        has_previous = has_more or page.after is not None
        return Slice(rows[::-1], order, page.before is not None, has_previous, count)
    kept = rows if page.last is None else rows[max(0, len(rows) - page.last) :]
    has_previous = page.after is not None or len(kept) < len(rows)
    return Slice(kept, order, has_more or page.before is not None, has_previous, count)


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """An ordered list kept in a table: which rows, in which order, as which light rows."""

    table: type[SQLModel]
    row: type[Row]
    order: Order
    where: tuple[ColumnElement[bool], ...] = ()

    async def read(
        self, session: ReadSession, page: Page, count: Callable[[], Awaitable[int]]
    ) -> Slice[Row]:
        """One page of the whole list, in one bounded query."""
        found = await session.execute(self._bounded(page))
        return cut([self.row(*record) for record in found], page, self.order, count)

    async def read_for_parents(
        self, session: ReadSession, parent_key: str, parent_ids: Sequence[UUID], page: Page
    ) -> dict[UUID, list[Row]]:
        """The rows of the same page of each parent's list, in one bounded query.

        `parent_key` is the column that names the parent. `parent_ids` are distinct.
        """
        parents = (
            func.unnest(literal(list(parent_ids), ARRAY(Uuid())))
            .table_valued("id", name="parent")
            .render_derived()
        )
        column = columns_by_name(self.table)[parent_key]
        page_rows = self._bounded(page).where(column == parents.c.id).lateral("page_row")
        keys = [page_rows.c[key] for key, _ in self.order.keys]
        if page.is_forward == self.order.is_descending:
            keys = [key.desc() for key in keys]
        found = await session.execute(
            select(parents.c.id, page_rows)
            .select_from(parents.join(page_rows, true()))
            .order_by(*keys)
        )
        by_parent: dict[UUID, list[Row]] = {parent_id: [] for parent_id in parent_ids}
        for parent_id, *values in found:
            by_parent[parent_id].append(self.row(*values))
        return by_parent

    def count_statement(self) -> Select[Any]:
        """How many rows the whole list has."""
        return select(func.count()).select_from(table_of(self.table)).where(*self.where)

    def _bounded(self, page: Page) -> Select[Any]:
        keys = [columns_by_name(self.table)[key] for key, _ in self.order.keys]
        statement = select(*row_columns(self.table, self.row)).where(*self.where)
        place = tuple_(*keys)
        if page.after is not None:
            bound = _bound(keys, self.order.position(page.after))
            statement = statement.where(
                place < bound if self.order.is_descending else place > bound
            )
        if page.before is not None:
            bound = _bound(keys, self.order.position(page.before))
            statement = statement.where(
                place > bound if self.order.is_descending else place < bound
            )
        if page.is_forward == self.order.is_descending:
            keys = [key.desc() for key in keys]
        return statement.order_by(*keys).limit(page.size + 1)


def _bound(keys: Sequence[ColumnElement[Any]], values: Sequence[Any]) -> Any:
    return tuple_(
        *(literal(value, _comparable(key.type)) for key, value in zip(keys, values, strict=True))
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
    columns = columns_by_name(table)
    return [columns[field.name] for field in fields(row)]
