"""Registering and signing in with an e-mail address and a password."""

import re

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from core.database import violated_constraint
from core.errors import DomainError
from core.stores import Stores
from core.validation import Checks
from models.cache import STATS_KEY
from models.subjects import Subject
from models.tables import User
from models.topics import STATS_TOPIC
from services.auth.access_tokens import AccessTokens
from services.auth.passwords import Passwords
from services.auth.sessions import SignIn, open_session

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 128
EMAIL_LENGTH_MAX = 255
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s.\x00-\x1f]+(?:\.[^@\s.\x00-\x1f]+)+")


class EmailTaken(DomainError):
    """Somebody has registered with this address already."""

    code = "EMAIL_TAKEN"
    field = ("input", "email")

    def __init__(self) -> None:
        super().__init__("An account with this e-mail address exists. Sign in with `login`.")


class InvalidCredentials(DomainError):
    """The address is unknown or the password is wrong; which of the two is not said."""

    code = "INVALID_CREDENTIALS"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


async def register(
    stores: Stores,
    passwords: Passwords,
    tokens: AccessTokens,
    *,
    email: str,
    password: str,
    full_name: str,
    country_code: str | None,
    is_native: bool,
) -> SignIn:
    """Open an account and sign it in, or change nothing.

    Raises InvalidInput, EmailTaken.
    """
    checks = Checks()
    address = normalized_email(email)
    if not _EMAIL.fullmatch(address) or len(address) > EMAIL_LENGTH_MAX:
        checks.refuse("email", "`email` must be an address such as ama@example.com.")
    name = checks.text("fullName", full_name, length_max=EMAIL_LENGTH_MAX)
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        checks.refuse(
            "password",
            f"`password` must have {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters.",
        )
    checks.done()
    password_hash = await passwords.hash(password)
    now = stores.clock()
    user = User(
        email=address,
        password_hash=password_hash,
        full_name=name,
        country_code=country_code,
        created_at=now,
        updated_at=now,
    )
    try:
        async with stores.change(
            keys=[STATS_KEY], subjects=[Subject.USERS, Subject.STATS], topics=[STATS_TOPIC]
        ) as session:
            session.add(user)
            await session.flush()
            signed_in = await open_session(session, tokens, user, is_native=is_native, now=now)
    except IntegrityError as error:
        if violated_constraint(error) == "uq_users_email":
            raise EmailTaken from None
        raise
    return signed_in


async def sign_in(
    stores: Stores,
    passwords: Passwords,
    tokens: AccessTokens,
    *,
    email: str,
    password: str,
    is_native: bool,
) -> SignIn:
    """Begin a session. Raises InvalidCredentials, after the same time for unknown addresses."""
    async with stores.database.read() as reading:
        statement = select(User.password_hash).where(col(User.email) == normalized_email(email))
        stored = (await reading.scalars(statement)).one_or_none()
    is_right, renewed = await passwords.check(password[: PASSWORD_LENGTH_MAX + 1], stored)
    if not is_right:
        raise InvalidCredentials
    async with stores.database.transaction() as session:
        by_email = select(User).where(col(User.email) == normalized_email(email)).with_for_update()
        user = (await session.scalars(by_email)).one()
        if renewed is not None and user.password_hash == stored:
            user.password_hash = renewed
        return await open_session(session, tokens, user, is_native=is_native, now=stores.clock())


def normalized_email(email: str) -> str:
    """The form under which an address is stored and looked up."""
    return email.strip().lower()
