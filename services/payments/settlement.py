"""What a payment that is paid gives, and what one that failed means for a plan.

Inside the transaction that applies an event, with the payment locked.
"""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from core.database import WriteSession
from core.ids import new_id
from models.tables import (
    EventOutcome,
    Payment,
    PaymentEvent,
    PaymentMethod,
    PaymentPurpose,
    PaymentState,
    Plan,
    ProviderName,
    Subscription,
)
from services.ledger import Key, Reference, mint, post
from services.payments.provider import CURRENCY
from services.plans.periods import (
    Paid,
    begin_period,
    is_running,
    locked_subscription,
    note_failure,
    renew_period,
)

UNPAID = frozenset({PaymentState.PENDING, PaymentState.FAILED})


async def pay_payment(
    session: WriteSession, event: PaymentEvent, payment: Payment, now: datetime
) -> EventOutcome:
    """Give what was paid for, once. A payment that was given up is paid all the same."""
    if (event.amount_cents, event.currency) != (payment.amount_cents, CURRENCY):
        return EventOutcome.REFUSED
    await _keep_card(session, event, payment, now)
    if payment.state not in UNPAID:
        return EventOutcome.KNOWN
    payment.state, payment.paid_at = PaymentState.PAID.value, now
    payment.charge_reference = event.charge_reference
    if payment.amount_azr is not None:
        crediting = mint(
            user_id=payment.user_id,
            amount_azr=payment.amount_azr,
            actor_id=payment.user_id,
            reference=Reference("payment", payment.id),
        )
        await post(session, crediting, key=key_of(event))
    else:
        await _give_period(session, payment, now)
    return EventOutcome.APPLIED


async def fail_payment(
    session: WriteSession, _: PaymentEvent, payment: Payment, now: datetime
) -> EventOutcome:
    """Nobody paid. Of a renewal, that counts as one of the tries."""
    if payment.state != PaymentState.PENDING:
        return EventOutcome.KNOWN
    payment.state = PaymentState.FAILED.value
    if payment.renews_from is not None:
        subscription = await locked_subscription(session, payment.user_id)
        if is_renewed_by(payment, subscription) and subscription is not None:
            note_failure(subscription, now=now)
    return EventOutcome.APPLIED


def is_renewed_by(payment: Payment, subscription: Subscription | None) -> bool:
    """Whether a payment is for the period that a subscription needs next."""
    return (
        subscription is not None
        and is_running(subscription)
        and subscription.ends_at == payment.renews_from
    )


def key_of(event: PaymentEvent) -> Key:
    """The ledger's key for applying an event; each try has its own, because refusals are kept."""
    return Key("payments", f"{event.id.hex}-{event.attempts}")


async def _give_period(session: WriteSession, payment: Payment, now: datetime) -> None:
    paid = Paid(
        Plan(payment.plan or Plan.FREE),
        payment.amount_cents,
        payment_id=payment.id,
        provider=ProviderName(payment.provider),
    )
    subscription = await locked_subscription(session, payment.user_id)
    if subscription is not None and is_renewed_by(payment, subscription):
        await renew_period(session, subscription, paid=paid, now=now, period_id=new_id())
        return
    user_id, period_id = payment.user_id, new_id()
    await begin_period(session, user_id=user_id, paid=paid, now=now, period_id=period_id)


async def _keep_card(
    session: WriteSession, event: PaymentEvent, payment: Payment, now: datetime
) -> None:
    """Remember the card that paid for a plan, for the next period."""
    if payment.purpose != PaymentPurpose.PLAN or event.customer is None or event.method is None:
        return
    names = {"customer": event.customer, "method": event.method, "updated_at": now}
    await session.execute(
        insert(PaymentMethod)
        .values(user_id=payment.user_id, provider=payment.provider, **names)
        .on_conflict_do_update(index_elements=["user_id", "provider"], set_=names)
    )
