"""Attaches resolvers to fields.

A field that needs data is a function over the list of its parents. graphql-core asks for one parent
at a time; a loader of the execution gathers those and calls the function once.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import strawberry
from strawberry import federation

from resolvers.context import Context
from resolvers.keyset import Page, Slice
from subgraphs.shared.access import Audience, Info, VisibleTo
from subgraphs.shared.batches import BATCH, BatchField
from subgraphs.shared.columns import PARENT
from subgraphs.shared.connections import After, Before, Connection, First, Last, page_of

Parent = TypeVar("Parent")
Value = TypeVar("Value")
BatchFunction = Callable[[Context, Sequence[Parent]], Awaitable[Sequence[Value]]]
PagedFunction = Callable[[Context, Sequence[Parent], Page], Awaitable[Sequence[Slice[Value]]]]


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

    Parents are given as their attribute `key`: the row or the key that the subgraph knows them by.
    `shown` turns an answer into what the schema declares; `None` stays null.
    `metadata` may have a cache hint.
    """

    async def resolve(self: Any, info: Info) -> Any:
        value = await info.context.loader(function).load(getattr(self, key))
        return None if value is None else shown(value)

    del resolve.__annotations__["return"]
    batch = BatchField(function, shown, audience, key, is_paged=False)
    return federation.field(
        resolver=resolve,
        description=description,
        extensions=_extensions(audience),
        metadata={BATCH: batch, **(metadata or {})},
    )


def batch_connection(
    function: PagedFunction[Any, Any],
    *,
    description: str,
    shown: Callable[[Any], Any],
    audience: Audience = Audience.EVERYONE,
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """A connection whose pages `function` answers for all its parents at once."""

    async def resolve(
        self: Any,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Any:
        page = page_of(first, after, last, before)
        found = await info.context.loader(function, page).load(self.parent)
        return Connection(page=found, shown=shown)

    del resolve.__annotations__["return"]
    batch = BatchField(function, shown, audience, PARENT, is_paged=True)
    return federation.field(
        resolver=resolve,
        description=description,
        extensions=_extensions(audience),
        metadata={BATCH: batch, **(metadata or {})},
    )


def mutation(*, audience: Audience, description: str) -> Callable[[Callable[..., Any]], Any]:
    """A mutation for `audience`."""
    return strawberry.mutation(
        description=f"{description} For {audience.value}.", extensions=[VisibleTo(audience)]
    )


def _extensions(audience: Audience) -> list[Any]:
    return [] if audience is Audience.EVERYONE else [VisibleTo(audience)]
