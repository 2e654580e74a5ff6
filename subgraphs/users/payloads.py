"""What mutations about people and sessions answer with."""

from datetime import datetime
from typing import Self

import strawberry

from services.auth.sessions import SignIn
from subgraphs.users.types import User


@strawberry.type(description="A session: who is signed in, and the tokens to go on with.")
class SignInPayload:
    """A fresh pair of tokens."""

    user: User = strawberry.field(description="The person who is signed in.")
    access_token: str = strawberry.field(
        description="Send it as `Authorization: Bearer ...`. A JWT, valid for one hour."
    )
    access_token_expires_at: datetime = strawberry.field(
        description="When the access token ends. Call `refreshSession` before."
    )
    refresh_token: str | None = strawberry.field(
        description="For native apps only. Good for one `refreshSession`. Browsers have a cookie."
    )
    session_expires_at: datetime = strawberry.field(
        description="When the session ends for good, seven days after signing in."
    )

    @classmethod
    def of(cls, signed_in: SignIn, user: User) -> Self:
        return cls(
            user=user,
            access_token=signed_in.access_token,
            access_token_expires_at=signed_in.access_expires_at,
            refresh_token=signed_in.refresh_token if signed_in.is_native else None,
            session_expires_at=signed_in.session_expires_at,
        )


@strawberry.type(description="The session has ended.")
class LogoutPayload:
    """Nothing is left to tell."""

    is_signed_out: bool = strawberry.field(
        description="Always true: a session that had ended already has ended."
    )


@strawberry.type(description="The profile after the change.")
class UpdateProfilePayload:
    """A changed profile."""

    user: User = strawberry.field(description="The person, changed.")
