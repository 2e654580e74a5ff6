"""Attaches resolvers to fields.

A field that needs data is a function over the list of its parents. graphql-core asks for one parent
at a time; a loader of the execution gathers those and calls the function once.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Concatenate, TypeVar

import strawberry
from strawberry import federation

from resolvers.context import Context
from resolvers.keyset import Slice
from subgraphs.shared.access import Audience, Info, VisibleTo
from subgraphs.shared.batches import BATCH, BatchField
from subgraphs.shared.columns import PARENT, READS, columns_along
from subgraphs.shared.connections import After, Before, Connection, First, Last, page_of
from subgraphs.shared.lookahead import columns_below

Parent = TypeVar("Parent")
Value = TypeVar("Value")
BatchFunction = Callable[Concatenate[Context, Sequence[Parent], ...], Awaitable[Sequence[Value]]]
PagedFunction = BatchFunction[Parent, Slice[Value]]


def batch_field(
    function: BatchFunction[Any, Any],
    *,
    description: str,
    shown: Callable[[Any], Any] = lambda value: value,
    audience: Audience = Audience.EVERYONE,
    key: str = PARENT,
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """A field whose values `function` answers for all its parents at once.

    Parents are given as their attribute `key`: the key that the subgraph knows them by, such as
    `parent.id`. A field that leads to rows gives `function` the columns to fetch besides.
    `shown` turns an answer into what the schema declares; `None` stays null.
    `metadata` may have a cache hint.
    """
    key_of = attrgetter(key)

    async def resolve(self: Any, info: Info) -> Any:
        value = await info.context.loader(function, *columns_below(info)).load(key_of(self))
        return None if value is None else shown(value)

    del resolve.__annotations__["return"]
    batch = BatchField(function, shown, audience, key, is_paged=False)
    return _declared(resolve, description, batch, metadata)


def batch_connection(
    function: PagedFunction[Any, Any],
    *,
    description: str,
    shown: Callable[[Any], Any],
    audience: Audience = Audience.EVERYONE,
    key: str = PARENT,
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """A connection whose pages `function` answers for all its parents at once, as `batch_field`."""
    key_of = attrgetter(key)

    async def resolve(
        self: Any,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Any:
        page = page_of(first, after, last, before)
        loader = info.context.loader(function, page, *columns_below(info))
        found = await loader.load(key_of(self))
        return Connection(page=found, shown=shown)

    del resolve.__annotations__["return"]
    batch = BatchField(function, shown, audience, key, is_paged=True)
    return _declared(resolve, description, batch, metadata)


def mutation(*, audience: Audience, description: str) -> Callable[[Callable[..., Any]], Any]:
    """A mutation for `audience`."""
    return strawberry.mutation(
        description=f"{description} For {audience.value}.", extensions=[VisibleTo(audience)]
    )


def _declared(
    resolver: Callable[..., Any],
    description: str,
    batch: BatchField,
    metadata: Mapping[str, Any] | None,
) -> Any:
    is_public = batch.audience is Audience.EVERYONE
    return federation.field(
        resolver=resolver,
        description=description,
        extensions=[] if is_public else [VisibleTo(batch.audience)],
        # Whose the object is may be in any column.
        metadata={
            BATCH: batch,
            READS: columns_along(batch.key) if is_public else None,
            **(metadata or {}),
        },
    )
