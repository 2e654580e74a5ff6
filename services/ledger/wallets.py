"""Stops what leaves a person's wallet, and allows it again."""

from uuid import UUID

from sqlalchemy import func

from core.database import WriteSession
from services.ledger.calls import run


async def freeze_wallet(session: WriteSession, user_id: UUID) -> None:
    """Let nothing leave a wallet; what comes in still does. Raises NoSuchWallet for nobody's."""
    await run(session, func.ledger_freeze(user_id, True))


async def unfreeze_wallet(session: WriteSession, user_id: UUID) -> None:
    """Let AZR leave a wallet again. Raises NoSuchWallet for nobody's."""
    await run(session, func.ledger_freeze(user_id, False))
