"""What admins do, written down in the transaction that does it. The table is only appended to."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from core.database import WriteSession
from core.errors import CodedError
from core.ids import new_id
from models.tables import AuditEvent, Role, User

REASON_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and in which request."""

    user_id: UUID
    request_id: str


async def require_admin(session: WriteSession, actor: Actor) -> None:
    """Return if the actor is an admin at this moment, whatever their access token still says.

    Raises CodedError `FORBIDDEN`.
    """
    roles = await session.scalar(select(User.roles).where(col(User.id) == actor.user_id))
    if Role.ADMIN not in (roles or ()):
        message = "Only admins may do this."
        raise CodedError(message, code="FORBIDDEN")


async def record(
    session: WriteSession,
    actor: Actor,
    action: str,
    *,
    subject_kind: str,
    subject_id: UUID,
    **facts: Any,
) -> None:
    """Write down what is done to a subject. `subject_kind` is the prefix of its public id."""
    await session.execute(
        insert(AuditEvent).values(
            id=new_id(),
            actor_id=actor.user_id,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            facts={name: str(value) for name, value in facts.items()},
            request_id=actor.request_id,
        )
    )
