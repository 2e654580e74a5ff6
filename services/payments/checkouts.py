"""Payments that a person begins: buying AZR, and plans by card.

A page to pay on takes no money, so it is opened first, outside of any transaction, and the payment
is written with its address: when the provider is away, nothing is. A charge of a card does take
money, so its payment is written first, and a retry with the same key goes on where the last ended.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

import orjson
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from core.database import WriteSession
from core.stores import Stores
from core.validation import Checks, Fault, InvalidInput
from models.tables import Payment, PaymentPurpose, ProviderName, User
from services.auth.viewer import AccountGone
from services.ledger import IdempotencyMismatch, Key, earlier
from services.payments.provider import Bill, PaymentProvider
from services.payments.providers import Providers, check_provider
from services.plans.prices import cents_of, posted_price

# The least that cards are charged, and the most that one payment buys.
CENTS_MIN = 50
CENTS_MAX = 1_000_000
Draft = Callable[[WriteSession], Awaitable[Payment]]


@dataclass(frozen=True, slots=True)
class Begun:
    """A payment, and whether an earlier request with the same key began it."""

    payment: Payment
    email: str
    is_replay: bool

    @property
    def bill(self) -> Bill:
        """What the provider is asked for."""
        payment = self.payment
        is_plan = payment.purpose == PaymentPurpose.PLAN
        what = f"Azora {payment.plan}, a month" if is_plan else f"{payment.amount_azr} AZR"
        return Bill(payment.id, payment.amount_cents, self.email, what, keeps_card=is_plan)


async def buy_tokens(
    stores: Stores,
    providers: Providers,
    *,
    user_id: UUID,
    amount_azr: Decimal,
    provider: ProviderName,
    idempotency_key: str,
) -> Begun:
    """Open a checkout for AZR at the posted price, in cents rounded up. Paid for, it is credited.

    `amount_azr` has 8 decimals. Raises InvalidInput, NoPricePosted, AccountGone,
    IdempotencyMismatch, PaymentRefused, PaymentProviderUnavailable.
    """
    key = Key.of(
        user_id, "buyTokens", idempotency_key, {"amount": amount_azr, "provider": provider}
    )
    checks = Checks()
    check_provider(checks, providers, provider)
    if amount_azr <= 0:
        checks.refuse("amountAzr", "`amountAzr` must be above 0.")
    checks.done()

    async def draft(session: WriteSession) -> Payment:
        price = await posted_price(session)
        cents = cents_of(amount_azr, price)
        _require_payable(cents)
        now = stores.clock()
        return Payment(
            user_id=user_id,
            purpose=PaymentPurpose.TOKENS,
            provider=provider,
            amount_cents=cents,
            amount_azr=amount_azr,
            usd_per_azr=price,
            created_at=now,
            checked_at=now,
        )

    return await open_checkout(stores, providers[provider], user_id=user_id, key=key, draft=draft)


async def open_checkout(
    stores: Stores, provider: PaymentProvider, *, user_id: UUID, key: Key, draft: Draft
) -> Begun:
    """Begin a payment and have the page on which it is paid.

    Raises what `draft` raises, AccountGone, IdempotencyMismatch, PaymentRefused,
    PaymentProviderUnavailable.
    """
    async with stores.database.transaction() as session:
        begun = await _drafted(session, user_id=user_id, key=key, draft=draft)
    if begun.is_replay:
        return begun
    checkout = await provider.open_checkout(begun.bill)
    begun.payment.checkout_url, begun.payment.checkout_reference = checkout.url, checkout.reference
    # Of requests that come at once with one key, all answer with the page that is written first.
    async with stores.database.transaction() as session:
        return await _written(session, begun, key)


async def begin_payment(stores: Stores, *, user_id: UUID, key: Key, draft: Draft) -> Begun:
    """The payment of a key, written if it is the first time.

    Raises what `draft` raises, AccountGone, IdempotencyMismatch.
    """
    async with stores.database.transaction() as session:
        begun = await _drafted(session, user_id=user_id, key=key, draft=draft)
        return begun if begun.is_replay else await _written(session, begun, key)


async def _drafted(session: WriteSession, *, user_id: UUID, key: Key, draft: Draft) -> Begun:
    """The payment of a key; a draft that is nowhere written if it is the first time."""
    # A key serves one request, be it for a payment or for a posting.
    await earlier(session, key)
    user = await session.get(User, user_id)
    if user is None:
        raise AccountGone
    known = await payment_of_key(session, user_id, key)
    if known is not None:
        return Begun(known, user.email, is_replay=True)
    payment = await draft(session)
    payment.idempotency_key, payment.request_hash = key.value, hash_of(key)
    return Begun(payment, user.email, is_replay=False)


async def _written(session: WriteSession, begun: Begun, key: Key) -> Begun:
    """The draft, or what another request with the same key has written meanwhile."""
    payment = begun.payment
    adding = insert(Payment).values(payment.model_dump())
    added = await session.scalar(
        adding.on_conflict_do_nothing(constraint="uq_payments_key").returning(col(Payment.id))
    )
    known = None if added else await payment_of_key(session, payment.user_id, key)
    return begun if known is None else Begun(known, begun.email, is_replay=True)


async def payment_of_key(session: WriteSession, user_id: UUID, key: Key) -> Payment | None:
    """The payment that a person began with a key. Raises IdempotencyMismatch."""
    known = await session.scalar(
        select(Payment).where(
            col(Payment.user_id) == user_id, col(Payment.idempotency_key) == key.value
        )
    )
    if known is not None and known.request_hash != hash_of(key):
        raise IdempotencyMismatch({})
    return known


def hash_of(key: Key) -> bytes:
    """What is remembered of a request, to know it again."""
    return sha256(orjson.dumps(key.asked, option=orjson.OPT_SORT_KEYS)).digest()


def _require_payable(cents: int) -> None:
    if not CENTS_MIN <= cents <= CENTS_MAX:
        message = (
            "`amountAzr` must cost 0.50 to 10000.00 USD at the posted price;"
            f" this would cost {Decimal(cents).scaleb(-2)} USD."
        )
        raise InvalidInput([Fault("amountAzr", message)])
