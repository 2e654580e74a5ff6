"""Where the gateway departs from the GraphQL specification, and what the one process answers.

These operations stay in the corpus. A gateway that has been mended fails their tests, so that its
entry goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.gateway.operations import Case


@dataclass(frozen=True, slots=True)
class Deviation:
    """Why the gateway answers otherwise, and values of the right answer, by their paths."""

    reason: str
    right: Mapping[str, Any]


DEVIATIONS: Mapping[str, Deviation] = {
    "alias_of_the_key:asked": Deviation(
        reason=(
            "To go on to another service, the gateway asks for the key `id` beside the client's"
            " own `id: handle`, and the service refuses two fields under one name."
        ),
        right={"user.id": "{owner_handle}"},
    ),
    "reads_between_writes:asked": Deviation(
        reason=(
            "The gateway keeps what the first field loaded for the fields after it, though the"
            " fields of a mutation run one after the other (specification, section 6.2.2)."
        ),
        right={"after.service.provider.fullName": "Renamed Meanwhile"},
    ),
}


def deviation_of(case: Case) -> Deviation | None:
    """How the gateway departs from the specification in a case, if it does."""
    return DEVIATIONS.get(str(case))


def assert_right(data: Any, deviation: Deviation, names: Mapping[str, str]) -> None:
    """The answer has the values that the specification asks for."""
    for path, value in deviation.right.items():
        found = data
        for name in path.split("."):
            found = found[name]
        assert found == (value.format_map(names) if isinstance(value, str) else value), path
