"""Idempotency keys: a request under one key happens once, however often it is sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import DomainError

_FORM = re.compile(r"[A-Za-z0-9_-]{8,64}")


class InvalidKey(DomainError):
    """An idempotency key is 8 to 64 letters, digits, `_` and `-`."""

    code = "INVALID_KEY"

    def __init__(self) -> None:
        super().__init__("The key must have 8 to 64 letters, digits, `_` and `-`.")


@dataclass(frozen=True, slots=True)
class Key:
    """Chosen by whoever sends the request, and unique within `scope`.

    The scope is a person's id, or the name of a part of the platform. Raises InvalidKey.
    """

    scope: str
    value: str

    def __post_init__(self) -> None:
        if not _FORM.fullmatch(self.value):
            raise InvalidKey


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request under its key: what is remembered is how it ended."""

    key: Key
    request: Mapping[str, Any]
