"""Lists as clients see them: Relay connections with keyset cursors, and `nodes` beside `edges`."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry import federation

from resolvers.keyset import Page, Slice
from subgraphs.shared.caching import inherited
from subgraphs.shared.showing import all_shown

Node = TypeVar("Node")
Value = TypeVar("Value")

First = Annotated[
    int | None,
    strawberry.argument(description="How many from the beginning: 0 to 100, 20 if not said."),
]
After = Annotated[
    str | None, strawberry.argument(description="Begin behind this cursor (`pageInfo.endCursor`).")
]
Last = Annotated[int | None, strawberry.argument(description="How many from the end: 0 to 100.")]
Before = Annotated[
    str | None, strawberry.argument(description="End before this cursor (`pageInfo.startCursor`).")
]


@federation.type(shareable=True, description="Where a page lies within its list.")
class PageInfo:
    """The Relay connection specification's page info."""

    has_next_page: bool = strawberry.field(description="Whether more follow behind this page.")
    has_previous_page: bool = strawberry.field(description="Whether more lie before this page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the page's first item; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the page's last item; null on an empty page."
    )


@strawberry.type(description="An item of a list with its cursor.")
class Edge(Generic[Node]):
    """One item and its place."""

    cursor: str = strawberry.field(
        description="The item's place in this list and order. Opaque, and stable under inserts."
    )
    node: Node = strawberry.field(description="The item.", metadata=inherited())


@strawberry.type(description="A page of a list.")
class Connection(Generic[Node]):
    """One page, shown from a slice of rows."""

    page: strawberry.Private[Slice[Any]]
    shown: strawberry.Private[Callable[[Any], Any]]

    @strawberry.field(description="The items of this page.", metadata=inherited())
    def nodes(self) -> list[Node]:
        return all_shown(self.shown, self.page.rows)

    @strawberry.field(
        description="The items of this page, each with its cursor.", metadata=inherited()
    )
    def edges(self) -> list[Edge[Node]]:
        cursor = self.page.order.cursor
        return [Edge(cursor=cursor(row), node=self.shown(row)) for row in self.page.rows]

    @strawberry.field(description="Where this page lies within the list.", metadata=inherited())
    def page_info(self) -> PageInfo:
        rows, cursor = self.page.rows, self.page.order.cursor
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=cursor(rows[0]) if rows else None,
            end_cursor=cursor(rows[-1]) if rows else None,
        )

    @strawberry.field(description="How many items the whole list has.")
    async def total_count(self) -> int:
        return await self.page.count()


def page_of(first: int | None, after: str | None, last: int | None, before: str | None) -> Page:
    """The page that a client asks for. Raises CodedError for sizes out of range."""
    return Page(first=given(first), after=given(after), last=given(last), before=given(before))


def given(value: Value | None) -> Value | None:
    """`value`, or `None` where the client left it out."""
    return None if value is strawberry.UNSET else value
