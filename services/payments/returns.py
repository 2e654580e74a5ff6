"""Refunds and disputes: what a provider takes back of a payment, people's AZR goes with.

Inside the transaction that applies an event, with the payment locked.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from core.database import WriteSession
from core.money import share_azr
from models.tables import (
    AccountKind,
    EventKind,
    EventOutcome,
    LedgerAccount,
    LedgerBalance,
    Payment,
    PaymentEvent,
    PaymentReturn,
    PaymentState,
    ReturnState,
)
from services.ledger import (
    Reference,
    freeze_wallet,
    give_back,
    post,
    take_back,
    unfreeze_wallet,
)
from services.payments.settlement import UNPAID, key_of
from services.plans.periods import end_plan_of_payment


async def take_back_money(
    session: WriteSession, event: PaymentEvent, payment: Payment, now: datetime
) -> EventOutcome | None:
    """Take back AZR in proportion, or the plan with all of its price. A dispute freezes the wallet.

    Waits for the payment to be paid. What the person has spent already goes to suspense.
    """
    if payment.state in UNPAID:
        return None
    if await _return_of(session, event, payment) is not None:
        return EventOutcome.KNOWN
    cents = min(event.amount_cents or 0, payment.amount_cents - payment.returned_cents)
    if cents <= 0:
        return EventOutcome.KNOWN
    is_dispute = event.kind == EventKind.DISPUTED
    payment.returned_cents += cents
    taken = PaymentReturn(
        payment_id=payment.id,
        reference=_reference(event),
        state=ReturnState.TAKEN.value,
        is_dispute=is_dispute,
        has_frozen=False,
        amount_cents=cents,
        amount_azr=await _azr_to_take(session, payment),
        created_at=now,
    )
    if taken.amount_azr > 0:
        taken.ledger_transaction_id = await _take_azr(session, event, payment, taken)
    if is_dispute and payment.amount_azr is not None and not await _is_frozen(session, payment):
        await freeze_wallet(session, payment.user_id)
        taken.has_frozen = True
    session.add(taken)
    await _show(session, payment)
    if payment.plan is not None and payment.returned_cents == payment.amount_cents:
        await end_plan_of_payment(session, payment.id, payment.user_id)
    return EventOutcome.APPLIED


async def give_money_back(
    session: WriteSession, event: PaymentEvent, payment: Payment, _: datetime
) -> EventOutcome | None:
    """Undo what a refund that failed, or a dispute that was won, had taken. Waits for that.

    What was settled of it meanwhile goes back to whoever bore it.
    """
    taken = await _return_of(session, event, payment)
    if taken is None:
        return None
    if taken.state != ReturnState.TAKEN:
        return EventOutcome.KNOWN
    taken.state = ReturnState.GIVEN_BACK.value
    payment.returned_cents -= taken.amount_cents
    if taken.ledger_transaction_id is not None:
        recipe = give_back(
            user_id=payment.user_id,
            amount_azr=taken.amount_azr - taken.shortfall_azr + taken.recovered_azr,
            suspense_azr=taken.shortfall_azr - taken.recovered_azr - taken.written_off_azr,
            written_off_azr=taken.written_off_azr,
            reference=_posted_for(taken),
        )
        await post(session, recipe, key=key_of(event))
    await _thaw(session, taken, payment.user_id)
    await _show(session, payment)
    return EventOutcome.APPLIED


async def settle(
    session: WriteSession, event: PaymentEvent, payment: Payment, _: datetime
) -> EventOutcome | None:
    """A dispute was lost: what it took stays taken, and the wallet frozen until people decide."""
    taken = await _return_of(session, event, payment)
    if taken is None:
        return None
    if taken.state != ReturnState.TAKEN:
        return EventOutcome.KNOWN
    taken.state = ReturnState.SETTLED.value
    return EventOutcome.APPLIED


def _posted_for(taken: PaymentReturn) -> Reference:
    return Reference("payment_return", taken.id)


def _reference(event: PaymentEvent) -> str:
    return event.return_reference or event.event_id


async def _return_of(
    session: WriteSession, event: PaymentEvent, payment: Payment
) -> PaymentReturn | None:
    """Locked: admins settle it without the payment's lock."""
    return await session.scalar(
        select(PaymentReturn)
        .where(
            col(PaymentReturn.payment_id) == payment.id,
            col(PaymentReturn.reference) == _reference(event),
        )
        .with_for_update()
    )


async def _azr_to_take(session: WriteSession, payment: Payment) -> Decimal:
    """In proportion to all that was returned, less what was taken: all for the whole price."""
    if payment.amount_azr is None:
        return Decimal(0)
    taken = await session.scalar(
        select(func.coalesce(func.sum(col(PaymentReturn.amount_azr)), 0)).where(
            col(PaymentReturn.payment_id) == payment.id,
            col(PaymentReturn.state) != ReturnState.GIVEN_BACK.value,
        )
    )
    returned, price = Decimal(payment.returned_cents), Decimal(payment.amount_cents)
    owed = share_azr(payment.amount_azr, returned, total=price)
    return max(owed - (taken or Decimal(0)), Decimal(0))


async def _take_azr(
    session: WriteSession, event: PaymentEvent, payment: Payment, taken: PaymentReturn
) -> UUID:
    """Post what is taken. Raises InsufficientFunds if the wallet was emptied at this moment."""
    available = await session.scalar(
        select(col(LedgerBalance.posted) - col(LedgerBalance.held))
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerBalance.account_id))
        .where(*_wallet_of(payment.user_id))
    )
    amount = min(taken.amount_azr, available or Decimal(0))
    taken.shortfall_azr = taken.amount_azr - amount
    recipe = take_back(
        user_id=payment.user_id,
        amount_azr=amount,
        shortfall_azr=taken.shortfall_azr,
        reference=_posted_for(taken),
    )
    return (await post(session, recipe, key=key_of(event))).id


async def _is_frozen(session: WriteSession, payment: Payment) -> bool:
    frozen_at = await session.scalar(
        select(col(LedgerBalance.frozen_at))
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerBalance.account_id))
        .where(*_wallet_of(payment.user_id))
    )
    return frozen_at is not None


async def _thaw(session: WriteSession, taken: PaymentReturn, user_id: UUID) -> None:
    """End a freeze with the dispute that it was for; another open one takes it over."""
    if not taken.has_frozen:
        return
    taken.has_frozen = False
    other = await session.scalar(
        select(PaymentReturn)
        .join(Payment, col(Payment.id) == col(PaymentReturn.payment_id))
        .where(
            col(Payment.user_id) == user_id,
            col(PaymentReturn.id) != taken.id,
            col(PaymentReturn.is_dispute),
            col(PaymentReturn.state) != ReturnState.GIVEN_BACK.value,
        )
        .limit(1)
    )
    if other is None:
        await unfreeze_wallet(session, user_id)
    else:
        other.has_frozen = True


async def _show(session: WriteSession, payment: Payment) -> None:
    """The state that what was taken gives a payment."""
    disputed = await session.scalar(
        select(func.count())
        .select_from(PaymentReturn)
        .where(
            col(PaymentReturn.payment_id) == payment.id,
            col(PaymentReturn.is_dispute),
            col(PaymentReturn.state) != ReturnState.GIVEN_BACK.value,
        )
    )
    if disputed:
        payment.state = PaymentState.DISPUTED.value
    elif payment.returned_cents == payment.amount_cents:
        payment.state = PaymentState.REFUNDED.value
    else:
        payment.state = PaymentState.PAID.value


def _wallet_of(user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        col(LedgerAccount.owner_id) == user_id,
        col(LedgerAccount.kind) == AccountKind.WALLET.value,
    )
