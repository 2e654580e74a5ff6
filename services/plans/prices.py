"""What AZR costs in money, and money in AZR, at the price that the treasury posted last.

Both are rounded up: to whole cents, and to AZR of 8 decimals. The platform never gives a part away.
"""

from decimal import ROUND_CEILING, Decimal

from sqlalchemy import select
from sqlmodel import col

from core.database import WriteSession
from core.errors import CodedError
from core.money import AZR_PLACES
from models.tables import TokenPrice

CENTS_PLACES = 2
_AZR_QUANTUM = Decimal(1).scaleb(-AZR_PLACES)


class NoPricePosted(CodedError):
    """The treasury has not posted a price of AZR yet: nothing can be sold for a while."""

    code = "NO_PRICE_POSTED"

    def __init__(self) -> None:
        super().__init__("AZR has no price yet. Try again when the treasury has posted one.")


async def posted_price(session: WriteSession) -> Decimal:
    """US dollars for one AZR, at this moment. Raises NoPricePosted."""
    price = await session.scalar(
        select(col(TokenPrice.usd)).order_by(col(TokenPrice.posted_at).desc()).limit(1)
    )
    if price is None:
        raise NoPricePosted
    return price


def cents_of(amount_azr: Decimal, usd_per_azr: Decimal) -> int:
    """What an amount of AZR costs, in cents of US dollars."""
    cents = (amount_azr * usd_per_azr).scaleb(CENTS_PLACES)
    return int(cents.to_integral_value(ROUND_CEILING))


def azr_of(cents: int, usd_per_azr: Decimal) -> Decimal:
    """What an amount of money, in cents of US dollars, costs in AZR."""
    usd = Decimal(cents).scaleb(-CENTS_PLACES)
    return (usd / usd_per_azr).quantize(_AZR_QUANTUM, ROUND_CEILING)
