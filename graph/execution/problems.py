"""The errors of one execution: each position of the response has at most one, in a fixed order."""

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import GraphQLError

from graph.execution.paths import Order


@dataclass(frozen=True, slots=True)
class Problem:
    """A field that failed."""

    error: GraphQLError
    order: Order
    position: tuple[str | int, ...]
    """What became null, or where graphql-core has looked after the rest."""
    is_null: bool


def reported(problems: Sequence[Problem]) -> list[GraphQLError]:
    """The errors of the response, in the order of its fields.

    What lies within a position that an earlier error made null is not reported: its place is gone
    (GraphQL specification, "Handling Execution Errors"). Of several non-null fields that fail
    together, that is the first as selected, however long each of them took.
    """
    nulled: set[tuple[str | int, ...]] = set()
    errors: list[GraphQLError] = []
    for problem in sorted(problems, key=lambda each: each.order):
        position = problem.position
        if any(position[:length] in nulled for length in range(len(position) + 1)):
            continue
        if problem.is_null:
            nulled.add(position)
        errors.append(problem.error)
    return errors
