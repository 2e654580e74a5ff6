"""What tests of payments do before and after what they test."""

from decimal import Decimal

from sqlalchemy import select
from sqlmodel import col

from core.money import parse_azr
from models.tables import LedgerAccount, LedgerBalance, Payment, ProviderName, User
from services.payments.checkouts import buy_tokens
from tests.services.ledger.bank import contradictions
from tests.shop import Shop


async def buy(
    shop: Shop,
    user: User,
    *,
    amount: str = "40",
    provider: ProviderName = ProviderName.STRIPE,
    key: str = "first-key",
) -> tuple[Payment, bool]:
    """Begin to buy AZR: the payment, and whether it was a replay."""
    begun = await buy_tokens(
        shop.stores,
        shop.providers,
        user_id=user.id,
        amount_azr=parse_azr(amount),
        provider=provider,
        idempotency_key=key,
    )
    return await shop.payment(begun.payment.id), begun.is_replay


async def bought(shop: Shop, user: User, **options) -> Payment:
    """AZR that is paid for, and credited."""
    payment, _ = await buy(shop, user, **options)
    await shop.press(payment.checkout_url, "pay")
    await shop.deliver(ProviderName(payment.provider))
    return await shop.payment(payment.id)


async def balance(shop: Shop, user: User, *, wrong: tuple[str, ...] = ()) -> Decimal:
    """What a person has, in books of which only the invariants `wrong` are contradicted."""
    async with shop.stores.database.read() as session:
        assert tuple(each.invariant.name for each in await contradictions(session)) == wrong
        return (await session.get_one(User, user.id)).azr_balance


async def is_frozen(shop: Shop, user: User) -> bool:
    async with shop.stores.database.read() as session:
        frozen_at = await session.scalar(
            select(col(LedgerBalance.frozen_at))
            .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerBalance.account_id))
            .where(col(LedgerAccount.owner_id) == user.id)
        )
    return frozen_at is not None
