"""Where an instance of one subgraph leads: to which other parts of its entity, by which keys."""

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import SelectionSetNode

from graph.compose.definitions import TypePart, names_in


@dataclass(frozen=True, slots=True)
class Way:
    """A part that resolves references, and the key that is made for it."""

    part: TypePart
    key: SelectionSetNode


def ways_from(start: TypePart, parts: Sequence[TypePart]) -> list[Way]:
    """The parts that references lead to from instances of `start`, nearest first.

    A key field that `start` lacks comes from a part nearer than the one it leads to, so completing
    one stub never waits for itself. `start` is among them if it resolves references.
    """
    ways: list[Way] = []
    known = [start]
    while found := _next_ways(known, [part for part in parts if part not in _parts(ways)]):
        ways += found
        known += _parts(found)
    return ways


def _next_ways(known: Sequence[TypePart], parts: Sequence[TypePart]) -> list[Way]:
    """For each of `parts`, its first key whose fields the `known` parts provide."""
    ways: list[Way] = []
    for part in parts:
        keys = (
            key
            for key in part.keys
            if all(any(each.provides(name) for each in known) for name in names_in(key))
        )
        if (key := next(keys, None)) is not None:
            ways.append(Way(part, key))
    return ways


def _parts(ways: Sequence[Way]) -> list[TypePart]:
    return [way.part for way in ways]
