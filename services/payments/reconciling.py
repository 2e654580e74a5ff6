"""Asks providers about payments of which no webhook told."""

from datetime import timedelta

import structlog
from sqlalchemy import update
from sqlmodel import col, select

from core.stores import Stores
from models.tables import EventKind, Payment, PaymentState, ProviderName
from services.payments.events import receive_and_apply
from services.payments.provider import (
    PaymentProvider,
    PaymentProviderUnavailable,
    PaymentRefused,
    Told,
)
from services.payments.providers import Providers

ASKED_AT_ONCE_MAX = 50
# Webhooks come within seconds; pages to pay on are open for a day.
ASKED_AFTER = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(days=2)

logger = structlog.get_logger(__name__)


async def reconcile_payments(stores: Stores, providers: Providers) -> int:
    """Ask about payments that are pending for long, those first that were not asked about longest.

    What nobody paid for within two days has failed; if it is paid later, it counts all the same.
    Some at once. Answers how many were asked about.
    """
    now = stores.clock()
    async with stores.database.read() as session:
        found = await session.scalars(
            select(Payment)
            .where(
                col(Payment.state) == PaymentState.PENDING.value,
                col(Payment.provider).in_([name.value for name in providers]),
                col(Payment.checked_at) <= now - ASKED_AFTER,
            )
            .order_by(col(Payment.checked_at))
            .limit(ASKED_AT_ONCE_MAX)
        )
        pending = list(found)
    for payment in pending:
        await _ask(stores, providers[ProviderName(payment.provider)], payment)
    return len(pending)


async def _ask(stores: Stores, provider: PaymentProvider, payment: Payment) -> None:
    now = stores.clock()
    try:
        told = await provider.find(payment.id, payment.checkout_reference)
    except PaymentProviderUnavailable:
        return
    except PaymentRefused:
        told = None
    if told is None and now - payment.created_at > GIVEN_UP_AFTER:
        told = Told(f"given-up:{payment.id}", EventKind.FAILED, payment.id)
    if told is not None:
        await receive_and_apply(stores, provider.name, told)
    async with stores.database.transaction() as session:
        await session.execute(
            update(Payment).where(col(Payment.id) == payment.id).values(checked_at=now)
        )
