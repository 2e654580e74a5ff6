"""The Relay connection specification, section 4.4, over whole lists in plain Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PAGE_SIZE = 20


@dataclass(frozen=True)
class Asked:
    """A page, with places in the list instead of cursors."""

    first: int | None = None
    after: int | None = None
    last: int | None = None
    before: int | None = None


@dataclass(frozen=True)
class Expected:
    """What the page must have."""

    rows: list[Any]
    has_next: bool
    has_previous: bool


def expected_page(rows: Sequence[Any], asked: Asked) -> Expected:
    """The page of `rows`, in which `None` stands for rows of somebody else's list."""
    start = 0 if asked.after is None else asked.after + 1
    between = [row for row in rows[start : asked.before] if row is not None]
    first = PAGE_SIZE if asked.first is None and asked.last is None else asked.first
    edges = between if first is None else between[:first]
    kept = edges if asked.last is None else edges[max(0, len(edges) - asked.last) :]
    return Expected(
        rows=kept,
        has_next=len(edges) < len(between) or asked.before is not None,
        has_previous=len(kept) < len(edges) or asked.after is not None,
    )
