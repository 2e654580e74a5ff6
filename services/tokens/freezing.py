"""Stopping what leaves a person's wallet, and allowing it again."""

from uuid import UUID

from core.errors import DomainError
from core.stores import Stores
from core.validation import Checks
from models.topics import balance_topic
from services.audit import REASON_LENGTH_MAX, Actor, record, require_admin
from services.ledger import NoSuchWallet, freeze_wallet, unfreeze_wallet


class WalletNotFound(DomainError):
    """No person has this id."""

    code = "WALLET_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such wallet.", field=("input", "userId"))


async def set_frozen(
    stores: Stores, actor: Actor, *, user_id: UUID, is_frozen: bool, reason: str
) -> None:
    """Let nothing leave a wallet, or let it again. What comes in still does, also the first AZR.

    Raises InvalidInput, WalletNotFound, and CodedError `FORBIDDEN` for people who are no admins.
    """
    checks = Checks()
    why = checks.text("reason", reason, length_max=REASON_LENGTH_MAX)
    checks.done()
    change, action = (
        (freeze_wallet, "wallet_frozen") if is_frozen else (unfreeze_wallet, "wallet_unfrozen")
    )
    try:
        async with stores.change(topics=[balance_topic(user_id)]) as session:
            await require_admin(session, actor)
            await change(session, user_id)
            await record(session, actor, action, subject_kind="usr", subject_id=user_id, reason=why)
    except NoSuchWallet:
        raise WalletNotFound from None
