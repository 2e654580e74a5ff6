"""Charges cards that providers keep, while nobody is there."""

from core.stores import Stores
from models.tables import EventKind, Payment, PaymentMethod, PaymentState, ProviderName
from services.payments.checkouts import Begun
from services.payments.events import receive_and_apply
from services.payments.provider import (
    Card,
    PaymentProvider,
    PaymentProviderUnavailable,
    PaymentRefused,
    Told,
)
from services.payments.providers import Providers


async def charge_kept_card(stores: Stores, providers: Providers, begun: Begun) -> None:
    """Charge a payment to the card that its provider keeps, and let that have its effect.

    Of a payment that was tried before, the provider is asked first: nobody is charged twice.
    Raises PaymentRefused with the payment failed, and PaymentProviderUnavailable.
    """
    payment = begun.payment
    if payment.state == PaymentState.FAILED:
        raise PaymentRefused
    if payment.state != PaymentState.PENDING:
        return
    provider = providers.get(ProviderName(payment.provider))
    if provider is None:
        raise PaymentProviderUnavailable
    told = await _told(stores, provider, begun)
    if told is None:
        return
    await receive_and_apply(stores, provider.name, told)
    if told.kind is EventKind.FAILED:
        raise PaymentRefused


async def _told(stores: Stores, provider: PaymentProvider, begun: Begun) -> Told | None:
    payment = begun.payment
    if begun.is_replay and (found := await provider.find(payment.id, None)) is not None:
        return found
    card = await _kept_card(stores, payment)
    try:
        if card is None:
            raise PaymentRefused
        return await provider.charge(begun.bill, card)
    except PaymentRefused:
        return Told(f"asked:{payment.id}:failed", EventKind.FAILED, payment.id)


async def _kept_card(stores: Stores, payment: Payment) -> Card | None:
    async with stores.database.read() as session:
        kept = await session.get(PaymentMethod, (payment.user_id, payment.provider))
    return None if kept is None else Card(kept.customer, kept.method)
