"""Orders declarations of one type by what may be null.

Outputs take the weakest, inputs the strictest. `[Int]!` and `[Int!]` have neither.
"""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLList, GraphQLNonNull


def weakest(types: Sequence[Any]) -> Any | None:
    """The first of `types` that accepts every value of all others."""
    return next((each for each in types if all(_accepts(each, other) for other in types)), None)


def strictest(types: Sequence[Any]) -> Any | None:
    """The first of `types` whose every value all others accept."""
    return next((each for each in types if all(_accepts(other, each) for other in types)), None)


def _accepts(wider: Any, narrower: Any) -> bool:
    """Whether every value of `narrower` is one of `wider`; types of two names never match."""
    if isinstance(narrower, GraphQLNonNull):
        inner = wider.of_type if isinstance(wider, GraphQLNonNull) else wider
        return _accepts(inner, narrower.of_type)
    if isinstance(narrower, GraphQLList):
        return isinstance(wider, GraphQLList) and _accepts(wider.of_type, narrower.of_type)
    return getattr(wider, "name", None) == narrower.name
