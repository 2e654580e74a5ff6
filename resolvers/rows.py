"""Bounded reads of light rows by key, and counts by parent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlmodel import SQLModel

from core.database import Database
from core.statements import NO_PARAMETERS, Statement, is_among
from models.rows import AnyRow, Columns, narrowed
from resolvers.keyset import columns_by_name, row_columns, table_of

STATEMENTS_MAX = 256


@dataclass(frozen=True, slots=True, eq=False)
class RowsById(Generic[AnyRow]):
    """The light rows of a table, by their ids, which are the keys of such rows.

    `where` and `choices` are those of `Listing`.
    """

    table: type[SQLModel]
    row: type[AnyRow]
    where: tuple[ColumnElement[bool], ...] = ()
    choices: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)

    async def read(
        self,
        database: Database,
        ids: Sequence[UUID],
        parameters: Mapping[str, Any] = NO_PARAMETERS,
        columns: Columns = None,
    ) -> list[AnyRow | None]:
        """One row for each id, in their order, with `columns` only; `None` for what is not."""
        row = narrowed(self.row, columns)
        statement = _by_id(self, row, tuple(parameters))
        by_id = await database.fetch(statement, {**parameters, "ids": ids})
        return list(map(by_id.get, ids))


@dataclass(frozen=True, slots=True, eq=False)
class CountsByParent:
    """How many rows of a table each parent has. `where` and `choices` as in `Listing`."""

    table: type[SQLModel]
    parent_key: str
    where: tuple[ColumnElement[bool], ...] = ()
    choices: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)

    async def read(
        self,
        database: Database,
        ids: Sequence[UUID],
        parameters: Mapping[str, Any] = NO_PARAMETERS,
    ) -> list[int]:
        """The counts in the order of `ids`."""
        statement = _counts(self, tuple(parameters))
        by_parent = await database.fetch(statement, {**parameters, "ids": ids})
        return [by_parent.get(each, 0) for each in ids]


@lru_cache(STATEMENTS_MAX)
def _by_id(
    rows: RowsById[Any], row: type[Any], chosen: tuple[str, ...]
) -> Statement[dict[UUID, Any]]:
    is_wanted = is_among(columns_by_name(rows.table)["id"], "ids")
    chosen_too = (rows.choices[name] for name in chosen)
    columns = row_columns(rows.table, row)

    def by_id(found: Sequence[Any]) -> dict[UUID, Any]:
        return {record[0]: row(*record) for record in found}

    selected = select(*columns).where(is_wanted, *rows.where, *chosen_too)
    return Statement(selected, made=by_id, keys="ids")


@lru_cache(STATEMENTS_MAX)
def _counts(counts: CountsByParent, chosen: tuple[str, ...]) -> Statement[dict[UUID, int]]:
    parent = columns_by_name(counts.table)[counts.parent_key]
    chosen_too = (counts.choices[name] for name in chosen)
    return Statement(
        select(parent, func.count())
        .select_from(table_of(counts.table))
        .where(is_among(parent, "ids"), *counts.where, *chosen_too)
        .group_by(parent),
        made=dict,
        keys="ids",
    )
