"""Sign-in sessions and their refresh tokens.

A refresh token is used once. Using it again means that two parties hold it, so the whole family
ends (RFC 9700, section 4.14.2). A session ends seven days after sign-in, however often refreshed.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from core.database import WriteSession
from core.errors import DomainError
from core.stores import Stores
from models.tables import RefreshToken, Session, User
from services.auth.access_tokens import AccessTokens

LIFETIME = timedelta(days=7)


class SessionEnded(DomainError):
    """The refresh token is unknown, used, revoked or expired. Sign in again."""

    code = "SESSION_ENDED"

    def __init__(self) -> None:
        super().__init__("This session has ended. Sign in again with `login`.")


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a client receives for a session. The secrets are here and nowhere else."""

    user_id: UUID
    is_native: bool
    access_token: str
    access_expires_at: datetime
    refresh_token: str
    session_expires_at: datetime


async def open_session(
    session: WriteSession, tokens: AccessTokens, user: User, *, is_native: bool, now: datetime
) -> SignIn:
    """Begin a session for `user` inside the caller's transaction.

    `is_native` sessions carry their refresh token in the body, others in a cookie.
    """
    opened = Session(
        user_id=user.id, is_native=is_native, created_at=now, expires_at=now + LIFETIME
    )
    session.add(opened)
    await session.flush()
    return await _issue(session, tokens, opened, user, now=now)


async def refresh_session(
    stores: Stores, tokens: AccessTokens, *, refresh_token: str, is_native: bool
) -> SignIn:
    """Exchange a refresh token for new tokens, once.

    Raises SessionEnded; when the token had been used before, its whole family has then ended.
    """
    now = stores.clock()
    token_hash = hash_token(refresh_token)
    async with stores.database.transaction() as session:
        opened = await _session_of(session, token_hash)
        if opened is None or opened.is_native != is_native:
            raise SessionEnded
        is_first_use = await _claim(session, token_hash, now=now)
        if not is_first_use:
            opened.revoked_at = opened.revoked_at or now
        user = await session.get_one(User, opened.user_id)
        is_open = is_first_use and opened.revoked_at is None and opened.expires_at > now
        signed_in = await _issue(session, tokens, opened, user, now=now) if is_open else None
    if signed_in is None:
        raise SessionEnded
    return signed_in


async def end_session(
    stores: Stores, *, session_id: UUID | None, refresh_token: str | None
) -> None:
    """End the session that an access token or a refresh token belongs to, if there is one."""
    now = stores.clock()
    async with stores.database.transaction() as session:
        if session_id is None and refresh_token is not None:
            opened = await _session_of(session, hash_token(refresh_token))
            session_id = opened.id if opened is not None else None
        await session.execute(
            update(Session)
            .where(col(Session.id) == session_id, col(Session.revoked_at).is_(None))
            .values(revoked_at=now)
        )


def hash_token(refresh_token: str) -> bytes:
    """What is stored of a refresh token: enough to know it again, useless to a thief."""
    return hashlib.sha256(refresh_token.encode()).digest()


async def _session_of(session: WriteSession, token_hash: bytes) -> Session | None:
    """The session of a refresh token, locked, so that uses of one family come one by one."""
    statement = (
        select(Session)
        .join(RefreshToken, col(RefreshToken.session_id) == col(Session.id))
        .where(col(RefreshToken.token_hash) == token_hash)
        .with_for_update(of=Session)
    )
    return (await session.scalars(statement)).one_or_none()


async def _claim(session: WriteSession, token_hash: bytes, *, now: datetime) -> bool:
    """Mark the token used. False when it was already."""
    claimed = await session.scalars(
        update(RefreshToken)
        .where(col(RefreshToken.token_hash) == token_hash, col(RefreshToken.used_at).is_(None))
        .values(used_at=now)
        .returning(col(RefreshToken.token_hash))
    )
    return claimed.one_or_none() is not None


async def _issue(
    session: WriteSession, tokens: AccessTokens, opened: Session, user: User, *, now: datetime
) -> SignIn:
    secret = secrets.token_urlsafe(32)
    session.add(RefreshToken(token_hash=hash_token(secret), session_id=opened.id, created_at=now))
    access_token, access_expires_at = tokens.issue(user.id, opened.id, user.roles)
    return SignIn(
        user_id=user.id,
        is_native=opened.is_native,
        access_token=access_token,
        access_expires_at=access_expires_at,
        refresh_token=secret,
        session_expires_at=opened.expires_at,
    )
