"""Bounded reads of light rows by key, and counts by parent."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlmodel import SQLModel

from core.database import Database
from resolvers.keyset import columns_by_name, row_columns, table_of

Row = TypeVar("Row")


async def rows_by_id(
    database: Database,
    table: type[SQLModel],
    row: type[Row],
    ids: Sequence[UUID],
    *where: ColumnElement[bool],
) -> list[Row | None]:
    """One row for each id, in their order; `None` for what does not exist."""
    key = columns_by_name(table)["id"]
    async with database.read() as session:
        found = await session.execute(
            select(key, *row_columns(table, row)).where(key.in_(ids), *where)
        )
        by_id = {record[0]: row(*record[1:]) for record in found}
    return [by_id.get(key_value) for key_value in ids]


async def counts_by_parent(
    database: Database,
    table: type[SQLModel],
    parent_key: str,
    ids: Sequence[UUID],
    *where: ColumnElement[bool],
) -> list[int]:
    """How many rows each parent has, in the order of `ids`."""
    parent = columns_by_name(table)[parent_key]
    async with database.read() as session:
        found = await session.execute(
            select(parent, func.count())
            .select_from(table_of(table))
            .where(parent.in_(ids), *where)
            .group_by(parent)
        )
        by_parent: dict[UUID, int] = {record[0]: record[1] for record in found}
    return [by_parent.get(parent_id, 0) for parent_id in ids]
