"""Refusals about people and sessions."""

from typing import Annotated

import strawberry

from core.validation import InvalidInput
from services.auth.accounts import EmailTaken, InvalidCredentials
from services.auth.sessions import SessionEnded
from services.users.profiles import HandleTaken
from subgraphs.shared.errors import InvalidInputError, Refusals, UserError
from subgraphs.users.payloads import SignInPayload, UpdateProfilePayload


@strawberry.type(description="Somebody has registered with this address already.")
class EmailTakenError(UserError):
    """EmailTaken, as clients see it."""


@strawberry.type(description="The address is unknown or the password is wrong.")
class InvalidCredentialsError(UserError):
    """InvalidCredentials, as clients see it."""


@strawberry.type(
    description="The refresh token is unknown, used, revoked or expired: sign in again."
)
class SessionEndedError(UserError):
    """SessionEnded, as clients see it."""


@strawberry.type(description="Another person has this handle.")
class HandleTakenError(UserError):
    """HandleTaken, as clients see it."""


REFUSALS: Refusals = {
    InvalidInput: InvalidInputError,
    EmailTaken: EmailTakenError,
    InvalidCredentials: InvalidCredentialsError,
    SessionEnded: SessionEndedError,
    HandleTaken: HandleTakenError,
}

RegisterResult = Annotated[
    SignInPayload | EmailTakenError | InvalidInputError,
    strawberry.union("RegisterResult", description="A session, or why there is none."),
]
LoginResult = Annotated[
    SignInPayload | InvalidCredentialsError,
    strawberry.union("LoginResult", description="A session, or why there is none."),
]
RefreshSessionResult = Annotated[
    SignInPayload | SessionEndedError,
    strawberry.union("RefreshSessionResult", description="Fresh tokens, or why there are none."),
]
UpdateProfileResult = Annotated[
    UpdateProfilePayload | HandleTakenError | InvalidInputError,
    strawberry.union("UpdateProfileResult", description="The changed profile, or why not."),
]
