"""The two kinds of failure that callers may show: coded errors, and refusals by a rule."""


class CodedError(Exception):
    """A failure whose text is meant for the client, with a stable code.

    The code becomes `extensions.code`. Any other exception is masked.
    """

    code = "BAD_USER_INPUT"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class StoreUnavailable(CodedError):
    """A database did not answer in time. Nothing was written; send the same request again."""

    code = "SERVICE_UNAVAILABLE"

    def __init__(self, store: str) -> None:
        super().__init__(f"{store} does not answer at the moment. Send the same request again.")
        self.store = store


class DomainError(Exception):
    """An expected refusal by a rule. Subclasses are named as the fact and carry its data.

    Clients see it as a type ending in `Error`. `field` is the path of the input at fault.
    """

    code = "REFUSED"
    field: tuple[str, ...] | None = None

    def __init__(self, message: str, *, field: tuple[str, ...] | None = None) -> None:
        super().__init__(message)
        self.message = message
        if field is not None:
            self.field = field
