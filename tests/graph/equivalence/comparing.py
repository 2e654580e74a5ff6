"""Whether a result is right: judged by a witness, who runs the operation and propagates no error.

Where several fields fail within one position that becomes null, the specification (section 6.4.4)
lets an executor report any of them, and stop or finish the others. So the witness collects every
error that the operation can raise. A result is right when

* its data, key order included, is what the witness saw, with each null in a non-null position
  moved up to the nearest position that may be null;
* each of its errors is one of the witness's: path, message and locations, as often at most;
* each outermost position that became null has at least one error that moves up to just there;
* without variables that were refused, nothing else; with them, the very same errors.

An error in a position that may itself be null, with nothing above it lost, is the only candidate
for its position, and thereby required.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from graphql import ExecutionResult, GraphQLError, is_non_null_type
from graphql.execution.executor import CollectedErrors

from graph.execution.executor import ScopedExecutor

Place = tuple[str | int, ...]
Told = tuple[Place | None, str, tuple[tuple[int, int], ...], str]
"""An error: path, message, locations, extensions."""

SIZES = re.compile(r"\d+ (?=keys|parents|values)")
"""How many were asked together, which is each executor's own affair."""


class AllErrors(CollectedErrors):
    """Errors of positions that were lost before, too."""

    def add(self, error: GraphQLError, path: Any) -> None:
        self._error_positions.add(path)
        self._errors.append(error)


class Witness(ScopedExecutor):
    """Collects all errors. Remembers which response positions may not be null."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.error_propagation = False
        self.collected_errors = AllErrors()
        self.required: set[Place] = set()

    def complete_value(
        self, return_type: Any, details: Any, info: Any, path: Any, result: Any, position: Any
    ) -> Any:
        if is_non_null_type(return_type):
            self.required.add(tuple(path.as_list()))
        return super().complete_value(return_type, details, info, path, result, position)

    def handle_field_error(self, raw_error: Any, return_type: Any, details: Any, path: Any) -> None:
        if is_non_null_type(return_type):
            self.required.add(tuple(path.as_list()))
        super().handle_field_error(raw_error, return_type, details, path)


@dataclass(frozen=True)
class Evidence:
    """What a witness saw: everything that the operation can answer."""

    data: Any
    errors: Counter[Told]
    homes: Mapping[Told, Place | None]
    """The position that each error makes null; `None` for the whole of `data`."""
    has_run: bool

    @property
    def lost(self) -> set[Place | None]:
        """The outermost positions that errors make null."""
        homes = set(self.homes.values())
        return {home for home in homes if not any(_is_below(home, other) for other in homes)}

    def is_lost(self, place: Place) -> bool:
        """Whether something above a position became null, so that it may not have run."""
        return any(_is_below(place, home) for home in self.lost)


def evidence_of(witness: Witness | None, result: ExecutionResult) -> Evidence:
    """What follows from a witness's result; without a witness nothing has run."""
    if witness is None:
        return Evidence(None, told_of(result), {}, has_run=False)
    errors = Counter(map(_told, witness.collected_errors.errors))
    homes = {told: _home(told[0] or (), witness.required) for told in errors}
    data = result.data
    for home in homes.values():
        data = _nulled(data, home)
    return Evidence(data, errors, homes, has_run=True)


def told_of(result: ExecutionResult) -> Counter[Told]:
    """The errors of a result, in no order."""
    return Counter(map(_told, result.errors or ()))


def faults_of(result: ExecutionResult, seen: Evidence) -> list[str]:
    """Everything that is wrong with a result."""
    told = told_of(result)
    if not seen.has_run:
        is_same = result.data is None and told == seen.errors
        return [] if is_same else [f"refused with {_listed(told)}, not {_listed(seen.errors)}"]
    faults = list(_faults_of_data(result.data, seen.data))
    if invented := told - seen.errors:
        faults.append(f"errors that nothing raised, or too often: {_listed(invented)}")
    reported = {seen.homes[each] for each in told if each in seen.homes}
    faults += [
        f"no error says why {_shown(home)} is null; candidates: {_candidates(home, seen)}"
        for home in sorted(seen.lost - reported, key=repr)
    ]
    return faults


def faults_of_calls(calls: Counter[Place], seen: Evidence, seen_calls: Counter[Place]) -> list[str]:
    """Positions whose resolver was not called as often as by the witness, which is once.

    What was lost may not have been called, but never again either.
    """
    return [
        f"{_shown(place)}: called {calls[place]} times and not {seen_calls[place]}"
        for place in sorted(calls.keys() | seen_calls.keys(), key=repr)
        if calls[place] > seen_calls[place]
        or (calls[place] < seen_calls[place] and not seen.is_lost(place))
    ]


def faults_of_order(ran: Sequence[Any], seen: Evidence, seen_ran: Sequence[Any]) -> list[str]:
    """What ran in another order than with the witness. Once all is lost, the rest may be left."""
    expected = seen_ran[: len(ran)] if None in seen.lost else seen_ran
    return [] if list(ran) == list(expected) else [f"ran in the order {ran}, not {seen_ran}"]


def roots_in_turn(calls: Counter[Place]) -> list[str | int]:
    """The root fields below which resolvers were called, in turn: each once, if one by one."""
    return [root for root, _ in groupby(place[0] for place in calls)]


def _faults_of_data(data: Any, expected: Any) -> Iterable[str]:
    """`repr` tells 1 from True and 1.0, and keeps the order of keys."""
    if repr(data) != repr(expected):
        yield f"data is\n  {_written(data)}\nand should be\n  {_written(expected)}"


def _told(error: GraphQLError) -> Told:
    path = None if error.path is None else tuple(error.path)
    locations = tuple((each.line, each.column) for each in error.locations or ())
    message = SIZES.sub("some ", error.message)
    return path, message, locations, repr(error.extensions or {})


def _home(place: Place, required: set[Place]) -> Place | None:
    """The nearest position, going up, that may be null."""
    while place in required:
        place = place[:-1]
    return place or None


def _is_below(place: Place | None, other: Place | None) -> bool:
    if place is None or place == other:
        return False
    return other is None or place[: len(other)] == other


def _nulled(data: Any, place: Place | None) -> Any:
    """`data` with null at a place, unless that was lost with something above it."""
    if not place or data is None:
        return None
    head, *rest = place
    if isinstance(data, list):
        copied: Any = list(data)
    else:
        copied = dict(data)
    copied[head] = _nulled(copied[head], tuple(rest))
    return copied


def _candidates(home: Place | None, seen: Evidence) -> str:
    return _listed(Counter(told for told, other in seen.homes.items() if other == home))


def _listed(errors: Counter[Told]) -> str:
    lines = [f"{count} x {_shown(told[0])} {told[1:]}" for told, count in errors.items()]
    return "; ".join(sorted(lines)) or "nothing"


def _shown(place: Place | None) -> str:
    return "data" if place is None else ".".join(map(str, place))


def _written(data: Any) -> str:
    return json.dumps(data, default=repr)
