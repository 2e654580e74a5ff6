"""The two shapes of list that fields show: a whole table's, and each parent's."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from core.statements import NO_PARAMETERS
from models.rows import AnyRow, Columns
from resolvers.context import Context
from resolvers.keyset import Listing, Page, Slice, cut


async def whole_list(
    context: Context,
    listing: Listing[AnyRow],
    page: Page,
    parameters: Mapping[str, Any] = NO_PARAMETERS,
    columns: Columns = None,
) -> Slice[AnyRow]:
    """One page of a listing, whose rows have `columns` only."""
    count = counter(context, listing, parameters)
    return await listing.read(context.stores.database, page, count, parameters, columns)


def counter(
    context: Context, listing: Listing[Any], parameters: Mapping[str, Any] = NO_PARAMETERS
) -> Callable[[], Awaitable[int]]:
    """Answers how many rows a listing has, when somebody asks."""

    async def count() -> int:
        return await listing.count(context.stores.database, parameters)

    return count


async def lists_of_parents(
    context: Context,
    listing: Listing[AnyRow],
    parent_key: str,
    parent_ids: Sequence[UUID],
    page: Page,
    columns: Columns = None,
    *,
    counts: Callable[[Context, Sequence[UUID]], Awaitable[list[int]]],
    parameters: Mapping[str, Any] = NO_PARAMETERS,
) -> list[Slice[AnyRow]]:
    """The same page of each parent's list, in one query; `counts` answers `totalCount`.

    The same parent may come several times: one operation can reach it along several paths.
    """
    distinct_ids = list(dict.fromkeys(parent_ids))
    by_parent = await listing.read_for_parents(
        context.stores.database, parent_key, distinct_ids, page, parameters, columns
    )
    order = listing.order
    return [
        cut(by_parent[each], page, order, partial(_count_of, context, counts, each))
        for each in parent_ids
    ]


async def _count_of(
    context: Context, counts: Callable[[Context, Sequence[UUID]], Any], parent_id: UUID
) -> int:
    return await context.loader(counts).load(parent_id)
