"""Sending AZR to another person, as much in a day as the sender's plan allows."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from core.clock import start_of_day, start_of_next_day
from core.database import ReadSession, WriteSession
from core.errors import DomainError
from core.stores import Stores
from core.validation import Checks
from models.tables import (
    AccountKind,
    LedgerAccount,
    LedgerBalance,
    Transaction,
    TransactionType,
    User,
)
from models.topics import balance_topic
from services.auth.viewer import AccountGone
from services.ledger import (
    AccountFrozen,
    InsufficientFunds,
    Key,
    PaymentToOneself,
    Posting,
    carry_out,
    earlier,
    post,
    transfer,
)
from services.plans import plan_of
from services.tokens.news import movement
from services.tokens.recipients import RecipientName, count_lookup, recipient_of

MEMO_LENGTH_MAX = 140


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a person may send on one day (UTC), and how much they have sent."""

    day_max_azr: Decimal
    sent_azr: Decimal
    resets_at: datetime

    @property
    def left_azr(self) -> Decimal:
        return max(self.day_max_azr - self.sent_azr, Decimal(0))


class TransferLimit(DomainError):
    """This would be more than the sender's plan allows on one day."""

    code = "TRANSFER_LIMIT"

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(
            f"Your plan allows sending {allowance.day_max_azr:f} AZR a day, of which"
            f" {allowance.left_azr:f} are left."
        )
        self.allowance = allowance


@dataclass(frozen=True, slots=True)
class Preview:
    """What a transfer would do."""

    recipient_id: UUID
    amount_azr: Decimal
    balance_after_azr: Decimal
    allowance: Allowance


async def preview_transfer(
    stores: Stores, *, sender_id: UUID, to: RecipientName, amount_azr: Decimal
) -> Preview:
    """What `transfer_tokens` would do at this moment; moves nothing.

    Raises what it would raise, but for what only the recipient's wallet could refuse.
    """
    checks = Checks()
    _check_amount(checks, amount_azr)
    checks.done()
    await count_lookup(stores, sender_id, to)
    async with stores.database.read() as session:
        recipient_id = await recipient_of(session, to)
        if recipient_id == sender_id:
            raise PaymentToOneself
        allowance = await _allowance(session, sender_id, stores.clock())
        if amount_azr > allowance.left_azr:
            raise TransferLimit(allowance)
        balance_azr = await _spendable(session, sender_id, amount_azr)
    return Preview(recipient_id, amount_azr, balance_azr - amount_azr, allowance)


async def transfer_tokens(
    stores: Stores,
    *,
    sender_id: UUID,
    to: RecipientName,
    amount_azr: Decimal,
    memo: str | None,
    key: str,
) -> Posting:
    """Move AZR to another person, or nothing; the same request again has the first one's answer.

    Raises InvalidInput, RecipientNotFound, TooManyLookups, PaymentToOneself, TransferLimit,
    InsufficientFunds, AccountFrozen, BalanceTooLarge, IdempotencyMismatch, AccountGone.
    """
    checks = Checks()
    _check_amount(checks, amount_azr)
    note = checks.text("memo", memo, length_min=0, length_max=MEMO_LENGTH_MAX) if memo else None
    checks.done()
    asked = {**_asked(to), "amount": amount_azr, "memo": note}
    request = Key.of(sender_id, "transferTokens", key, asked)
    await count_lookup(stores, sender_id, to)
    topics = [balance_topic(sender_id)]

    async def work(session: WriteSession) -> Posting:
        if (known := await earlier(session, request)) is not None:
            return known
        recipient_id = await recipient_of(session, to)
        recipe = transfer(
            sender_id=sender_id, recipient_id=recipient_id, amount_azr=amount_azr, memo=note or None
        )
        topics.append(balance_topic(recipient_id))
        await _lock_transfers(session, sender_id)
        allowance = await _allowance(session, sender_id, stores.clock())
        if amount_azr > allowance.left_azr:
            raise TransferLimit(allowance)
        return await post(session, recipe, key=request)

    return await carry_out(stores.database, work, change=movement(stores, topics))


def _check_amount(checks: Checks, amount_azr: Decimal) -> None:
    if amount_azr == 0:
        checks.refuse("amount", "`amount` must be above 0.")


def _asked(to: RecipientName) -> dict[str, Any]:
    return {"handle": to.handle, "email": to.email, "user_id": to.user_id}


async def _lock_transfers(session: WriteSession, sender_id: UUID) -> None:
    """Let one transfer of a sender be decided at a time, so that together they keep the limit.

    Not the wallet's own lock: with two wallets that pay each other, those have an order to keep.
    Raises AccountGone.
    """
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"transfers {sender_id}", 0))
    found = await session.execute(select(col(User.id), lock).where(col(User.id) == sender_id))
    if found.one_or_none() is None:
        raise AccountGone


async def _allowance(
    session: ReadSession | WriteSession, sender_id: UUID, now: datetime
) -> Allowance:
    rules = await plan_of(session, sender_id)
    sent = select(func.coalesce(func.sum(col(Transaction.amount)), 0)).where(
        col(Transaction.user_id) == sender_id,
        col(Transaction.type) == TransactionType.TRANSFER_OUT.value,
        col(Transaction.created_at) >= start_of_day(now),
    )
    sent_azr = (await session.scalars(sent)).one()
    return Allowance(rules.transfer_day_max_azr, Decimal(sent_azr), start_of_next_day(now))


async def _spendable(session: ReadSession, sender_id: UUID, required_azr: Decimal) -> Decimal:
    """The balance of a wallet from which so much can be sent.

    Raises AccountGone, AccountFrozen, InsufficientFunds.
    """
    statement = (
        select(
            col(User.azr_balance),
            func.coalesce(col(LedgerBalance.held), 0),
            col(LedgerBalance.frozen_at).is_not(None),
        )
        .outerjoin(
            LedgerAccount,
            (col(LedgerAccount.owner_id) == col(User.id))
            & (col(LedgerAccount.kind) == AccountKind.WALLET.value),
        )
        .outerjoin(LedgerBalance, col(LedgerBalance.account_id) == col(LedgerAccount.id))
        .where(col(User.id) == sender_id)
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        raise AccountGone
    balance_azr, held_azr, is_frozen = found
    available_azr = balance_azr - held_azr
    facts = {
        "account": AccountKind.WALLET.value,
        "owner": str(sender_id),
        "available": str(available_azr),
        "required": str(required_azr),
    }
    if is_frozen:
        raise AccountFrozen(facts)
    if available_azr < required_azr:
        raise InsufficientFunds(facts)
    return balance_azr
