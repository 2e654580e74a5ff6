"""What people have, and what holds have set aside. Only owners and admins see it."""

from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlmodel import col

from core.statements import Statement, is_among
from models.rows import WalletRow
from models.tables import AccountKind, LedgerAccount, LedgerBalance, User
from models.topics import balance_topic
from resolvers.context import Context
from resolvers.live import each_change
from services.auth.viewer import AccountGone

WALLET_INTERVAL_SECONDS = 0.2
_ITS_ACCOUNT = and_(
    col(LedgerAccount.owner_id) == col(User.id),
    col(LedgerAccount.kind) == AccountKind.WALLET.value,
)
WALLETS = Statement(
    select(
        col(User.id),
        col(User.azr_balance),
        func.coalesce(col(LedgerBalance.held), 0),
        col(LedgerBalance.frozen_at).is_not(None),
    )
    .outerjoin(LedgerAccount, _ITS_ACCOUNT)
    .outerjoin(LedgerBalance, col(LedgerBalance.account_id) == col(LedgerAccount.id))
    .where(is_among(col(User.id), "ids"))
)


async def wallets(context: Context, user_ids: Sequence[UUID]) -> list[WalletRow | None]:
    """Each person's wallet; `None` for unknown people."""
    found = await context.stores.database.fetch(WALLETS, {"ids": user_ids})
    by_id = {record[0]: WalletRow(*record) for record in found}
    return [by_id.get(each) for each in user_ids]


def wallet_stream(context: Context) -> AsyncGenerator[WalletRow, None]:
    """The viewer's wallet at once, then after each change, at most five times a second.

    Raises CodedError `UNAUTHENTICATED` for anonymous viewers and accounts that are gone.
    """
    user_id = context.viewer.required_id()

    async def read() -> WalletRow:
        (wallet,) = await wallets(context, [user_id])
        if wallet is None:
            raise AccountGone
        return wallet

    return each_change(
        context, balance_topic(user_id), read, interval_seconds=WALLET_INTERVAL_SECONDS
    )
