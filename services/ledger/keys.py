"""Idempotency keys: a request under one key happens once, however often it is sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from core.validation import Fault, InvalidInput

_FORM = re.compile(r"[A-Za-z0-9_-]{8,64}")


class InvalidKey(InvalidInput):
    """An idempotency key is 8 to 64 letters, digits, `_` and `-`."""

    def __init__(self) -> None:
        message = "`idempotencyKey` must have 8 to 64 letters, digits, `_` and `-`: a UUID will do."
        super().__init__([Fault("idempotencyKey", message)])


@dataclass(frozen=True, slots=True)
class Key:
    """Chosen by whoever sends the request, and unique within `scope`.

    The scope is a person's id, or the name of a part of the platform. `asked` is what the client
    asked for, in JSON: later requests are judged by it, and not by what was read meanwhile, such as
    a price. Without it they are judged by the posting. Raises InvalidKey.
    """

    scope: str
    value: str
    asked: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if not _FORM.fullmatch(self.value):
            raise InvalidKey

    @classmethod
    def of(cls, user_id: UUID, command: str, value: str, asked: Mapping[str, Any]) -> Self:
        """The key that a person gave with a command. Values of `asked` become text.

        Raises InvalidKey.
        """
        texts = {name: None if each is None else str(each) for name, each in asked.items()}
        return cls(str(user_id), value, {"command": command, **texts})


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request under its key: what is remembered is how it ended."""

    key: Key
    request: Mapping[str, Any]

    def remembered(self) -> dict[str, Any]:
        """The request with what the client asked for, if that is known."""
        asked = self.key.asked
        return {**self.request} if asked is None else {**self.request, "asked": dict(asked)}
