"""Buying a service."""

from datetime import datetime
from decimal import Decimal
from functools import partial
from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import col

from core.database import WriteSession
from core.ids import new_id
from core.stores import Stores
from core.validation import Checks
from models.tables import Order, OrderState, Service, User
from models.topics import balance_topic
from services.auth.viewer import AccountGone
from services.ledger import Key, carry_out, commission_of, earlier
from services.marketplace.listings import ServiceNotFound
from services.marketplace.orders.commands import Done, checked_note
from services.marketplace.orders.refusals import NotOnOffer, PriceChanged
from services.marketplace.orders.states import PLACING
from services.marketplace.orders.steps import checked_key, database_now, take


async def place_order(
    stores: Stores,
    *,
    buyer_id: UUID,
    service_id: UUID,
    expected_price_azr: Decimal | None,
    note: str,
    idempotency_key: str,
) -> Done:
    """Order a service and pay its price into escrow, or change nothing.

    The price is that of the moment. Raises InvalidInput, ServiceNotFound, NotOnOffer, PriceChanged,
    AccountGone, PaymentToOneself, InsufficientFunds, AccountFrozen, IdempotencyMismatch.
    """
    checks = Checks()
    text = checked_note(checks, "note", note)
    asked = {"service_id": service_id, "expected_price_azr": expected_price_azr, "note": text}
    key = checked_key(checks, buyer_id, "placeOrder", idempotency_key, asked)

    async def work(session: WriteSession) -> Done:
        known = await earlier(session, key)
        if known is not None and known.reference_id is not None:
            return Done(known.reference_id, is_replay=True)
        return await _place(session, buyer_id, service_id, expected_price_azr, text, key)

    change = partial(stores.change, topics=[balance_topic(buyer_id)])
    return await carry_out(stores.database, work, change=change)


async def _place(
    session: WriteSession,
    buyer_id: UUID,
    service_id: UUID,
    expected_price_azr: Decimal | None,
    note: str,
    key: Key,
) -> Done:
    service, now = await _service_on_offer(session, service_id, buyer_id)
    price_azr, seller_id = service.price_azr, service.provider_id
    if not service.is_active or not price_azr or seller_id is None:
        raise NotOnOffer
    if expected_price_azr is not None and expected_price_azr != price_azr:
        raise PriceChanged(price_azr)
    order = Order(
        id=new_id(),
        buyer_id=buyer_id,
        seller_id=seller_id,
        service_id=service_id,
        service_name=service.name,
        price_azr=price_azr,
        commission_azr=commission_of(price_azr),
        note=note,
        state=OrderState.CREATED.value,
        created_at=now,
        updated_at=now,
    )
    await take(session, order, *PLACING, actor_id=buyer_id, now=now, key=key)
    return Done(order.id)


async def _service_on_offer(
    session: WriteSession, service_id: UUID, buyer_id: UUID
) -> tuple[Service, datetime]:
    """The service, whose price stays as it is until the transaction ends.

    Raises ServiceNotFound, AccountGone.
    """
    has_buyer = exists().where(col(User.id) == buyer_id)
    statement = (
        select(Service, has_buyer, database_now())
        .where(col(Service.id) == service_id)
        .with_for_update(read=True, of=Service)
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        raise ServiceNotFound("serviceId")
    service, is_known, now = found
    if not is_known:
        raise AccountGone
    return service, now
