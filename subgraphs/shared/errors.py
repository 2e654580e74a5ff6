"""Refusals as data: every mutation answers with a payload or with a type that is a `UserError`."""

from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry import federation

from core.errors import DomainError
from core.validation import InvalidInput


@strawberry.interface(description="Why a mutation refused, and nothing was changed.")
class UserError:
    """An expected refusal."""

    code: str = strawberry.field(description="A stable code to branch on, such as `EMAIL_TAKEN`.")
    message: str = strawberry.field(description="What to tell the person, in English.")
    field: list[str] | None = strawberry.field(
        description='The path of the input at fault, such as `["input", "email"]`; null if none.'
    )

    @classmethod
    def of(cls, error: DomainError) -> Any:
        """The type that clients see for a refusal."""
        path = list(error.field) if error.field is not None else None
        return cls(code=error.code, message=error.message, field=path, **cls.facts(error))

    @classmethod
    def facts(cls, error: Any) -> dict[str, Any]:
        """The fields that a type has besides, of the refusal that it is shown for."""
        del error
        return {}


@federation.type(shareable=True, description="One rule that the input breaks.")
class InputFault:
    """One fault of one field."""

    field: str = strawberry.field(description="The field of the input.")
    message: str = strawberry.field(description="What is wrong with it, and how to mend it.")


@federation.type(shareable=True, description="The input breaks rules. Every one of them is listed.")
class InvalidInputError(UserError):
    """Rules that the input breaks."""

    faults: list[InputFault] = strawberry.field(description="Every rule that the input breaks.")

    @classmethod
    def facts(cls, error: InvalidInput) -> dict[str, Any]:
        """Every fault."""
        shown = [InputFault(field=fault.field, message=fault.message) for fault in error.faults]
        return {"faults": shown}


Refusals = Mapping[type[DomainError], type[UserError]]


def shown_refusal(error: DomainError, refusals: Refusals) -> Any:
    """The type for a refusal. Raises the refusal itself when the mutation does not know it."""
    shown = refusals.get(type(error))
    if shown is None:
        raise error
    return shown.of(error)
