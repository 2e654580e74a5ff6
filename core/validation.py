"""Checks of what clients send. All faults of one input are found before the first is refused."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from core.errors import DomainError

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LINE_BREAK = re.compile(r"[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field, and how to mend it."""

    field: str
    message: str


class InvalidInput(DomainError):
    """Fields of the input break their rules. Carries every fault."""

    code = "INVALID_INPUT"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults[0].message, field=("input", faults[0].field))
        self.faults = tuple(faults)


@dataclass(slots=True)
class Checks:
    """Collects the faults of one input. Values come back cleaned: outer spaces are dropped."""

    faults: list[Fault] = field(default_factory=list)

    def text(
        self, name: str, value: str, *, length_min: int = 1, length_max: int, is_long: bool = False
    ) -> str:
        """A text of `length_min` to `length_max` characters; on one line unless it is long."""
        cleaned = value.strip()
        if not length_min <= len(cleaned) <= length_max:
            self.refuse(name, f"`{name}` must have {length_min} to {length_max} characters.")
        elif _UNPRINTABLE.search(cleaned):
            self.refuse(name, f"`{name}` must not have control characters.")
        elif not is_long and _LINE_BREAK.search(cleaned):
            self.refuse(name, f"`{name}` must be one line.")
        return cleaned

    def matching(self, name: str, value: str, pattern: re.Pattern[str], message: str) -> str:
        """A text of the form of `pattern`."""
        cleaned = value.strip()
        if not pattern.fullmatch(cleaned):
            self.refuse(name, message)
        return cleaned

    def member(self, name: str, value: str, is_known: Callable[[str], bool], message: str) -> str:
        """A text that `is_known` accepts."""
        if not is_known(value):
            self.refuse(name, message)
        return value

    def refuse(self, name: str, message: str) -> None:
        self.faults.append(Fault(name, message))

    def done(self) -> None:
        """Return if nothing was refused. Raises InvalidInput with every fault."""
        if self.faults:
            raise InvalidInput(self.faults)
