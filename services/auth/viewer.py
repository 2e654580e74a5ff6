"""Who asks: a person with a valid access token, or nobody in particular."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from core.errors import CodedError
from models.tables import Role


class AccountGone(CodedError):
    """The account of an access token does not exist any more."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__("This account does not exist any more. Sign in with another one.")


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person behind a request. `user_id` is `None` for anonymous requests."""

    user_id: UUID | None = None
    session_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    expires_at: datetime | None = None

    ANONYMOUS: ClassVar["Viewer"]

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self.roles

    @property
    def is_support(self) -> bool:
        """Whether they settle what others cannot agree on: support and admins."""
        return self.is_admin or Role.SUPPORT in self.roles

    def may_see(self, owner_id: UUID | None) -> bool:
        """Whether private things of `owner_id` are visible: to the owner and to admins."""
        return self.is_admin or (self.user_id is not None and self.user_id == owner_id)

    def required_id(self) -> UUID:
        """The person's id. Raises CodedError `UNAUTHENTICATED` for anonymous viewers."""
        if self.user_id is None:
            message = "Sign in first: send `Authorization: Bearer` with an access token of `login`."
            raise CodedError(message, code="UNAUTHENTICATED")
        return self.user_id


Viewer.ANONYMOUS = Viewer()
