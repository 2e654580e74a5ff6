"""Hints for the cache of anonymous answers: how long a field may be repeated, and what it is about.

As in Apollo's `@cacheControl`: the smallest age of a document wins, and one private field makes the
whole of it private. A root field, or one that leads to a type, is not cached without a hint.
"""

from dataclasses import dataclass
from typing import Any

from models.subjects import Subject
from subgraphs.shared.access import Audience, VisibleTo

KEY = "cache_hint"
TYPE_ATTRIBUTE = "__cache_hint__"


@dataclass(frozen=True, slots=True)
class CacheHint:
    """What one field, or every field that leads to one type, allows."""

    max_age_seconds: int | None = None
    """`None`: as long as the field above."""
    subjects: frozenset[Subject] = frozenset()
    """The writes that make an answer with this field old."""
    is_private: bool = False
    """Whether it depends on who asks."""


PRIVATE_HINT = CacheHint(is_private=True)


def cached(max_age_seconds: int, *subjects: Subject) -> dict[str, CacheHint]:
    """Metadata for a field whose value may be that old, and changes with `subjects`."""
    return {KEY: CacheHint(max_age_seconds, frozenset(subjects))}


def inherited(*subjects: Subject) -> dict[str, CacheHint]:
    """Metadata for a field that may be as old as the one above, and changes with `subjects` too."""
    return {KEY: CacheHint(None, frozenset(subjects))}


PRIVATE = {KEY: PRIVATE_HINT}
"""Metadata for a field that depends on who asks."""


def hint_of_field(definition: Any) -> CacheHint | None:
    """The hint on a field as Strawberry defines it. Fields with an audience are private."""
    for extension in getattr(definition, "extensions", ()):
        if isinstance(extension, VisibleTo) and extension.audience is not Audience.EVERYONE:
            return PRIVATE_HINT
    return (getattr(definition, "metadata", None) or {}).get(KEY)


def hint_of_type(definition: Any) -> CacheHint | None:
    """The hint on a type: the attribute `__cache_hint__` of its class."""
    return getattr(getattr(definition, "origin", None), TYPE_ATTRIBUTE, None)
