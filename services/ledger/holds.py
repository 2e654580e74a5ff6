"""Sets AZR of a wallet aside before its price is known, and charges what was used.

Times are the database's. A hold that nobody ends expires, and frees what it held.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY

from core.database import WriteSession
from core.ids import new_id
from core.money import exact_azr
from models.tables import PostingKind
from services.ledger.calls import call, run
from services.ledger.keys import Attempt, Key
from services.ledger.postings import Posting

EXPIRED_AT_ONCE_MAX = 500


@dataclass(frozen=True, slots=True)
class Hold:
    """AZR that is set aside until `expires_at`."""

    id: UUID
    expires_at: datetime
    is_replay: bool


async def reserve(
    session: WriteSession, *, user_id: UUID, amount_azr: Decimal, lifetime: timedelta, key: Key
) -> Hold:
    """Set AZR aside for as long as `lifetime`, in whole seconds.

    Raises InvalidAmount, InsufficientFunds, AccountFrozen, IdempotencyMismatch.
    """
    request = {
        "owner": str(user_id),
        "amount": f"{exact_azr(amount_azr):.8f}",
        "seconds": int(lifetime.total_seconds()),
    }
    answer = await call(session, "ledger_hold", Attempt(key, request), new_id())
    return Hold(
        id=UUID(answer["hold_id"]),
        expires_at=datetime.fromisoformat(answer["expires_at"]),
        is_replay=answer.get("is_replay", False),
    )


async def capture(
    session: WriteSession, hold_id: UUID, *, amount_azr: Decimal, key: Key
) -> Posting:
    """Charge what was used, at most what was set aside, and free the rest.

    Raises InvalidAmount, NoSuchHold, HoldEnded, CaptureTooLarge, AccountFrozen,
    IdempotencyMismatch.
    """
    request = {
        "kind": PostingKind.AI_USAGE.value,
        "hold_id": str(hold_id),
        "amount": f"{exact_azr(amount_azr):.8f}",
    }
    return Posting.of(await call(session, "ledger_capture", Attempt(key, request), new_id()))


async def void(session: WriteSession, hold_id: UUID) -> None:
    """Free all that was set aside. Raises NoSuchHold, HoldEnded."""
    await run(session, func.ledger_void(hold_id))


async def expire_holds(session: WriteSession) -> list[UUID]:
    """Free what holds past their time still hold, some hundreds at once.

    Answers whose they were, once for each hold.
    """
    expired = func.ledger_expire_holds(EXPIRED_AT_ONCE_MAX, type_=ARRAY(Uuid()))
    owners: list[UUID] = await run(session, expired)
    return owners
