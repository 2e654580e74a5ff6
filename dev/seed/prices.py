"""Invents the history of the price of AZR in US dollars."""

from decimal import Decimal

from dev.seed.calendar import DAY, HOUR, Calendar, moment
from dev.seed.drawing import Draw
from dev.seed.plan import TOKEN_PRICE_DAYS
from dev.seed.rows import TokenPriceRow

FIRST_USD = 0.212
POSTED_EVERY = DAY // 2
DRIFT = 0.0012
SWING = 0.011


def price_rows(calendar: Calendar, number: int) -> list[TokenPriceRow]:
    """Two postings a day for TOKEN_PRICE_DAYS days, and the first one of today."""
    draw = Draw(number, "prices")
    usd = FIRST_USD
    rows: list[TokenPriceRow] = []
    posted = calendar.today - TOKEN_PRICE_DAYS * DAY + 6 * HOUR
    while posted < calendar.today:
        rows.append(_row(usd, posted, draw))
        usd *= 1 + draw.random.uniform(DRIFT - SWING, DRIFT + SWING)
        posted += POSTED_EVERY
    return [*rows, _row(usd, calendar.today, draw)]


def _row(usd: float, posted: int, draw: Draw) -> TokenPriceRow:
    posted_at = moment(posted)
    return TokenPriceRow(draw.id_at(posted_at), Decimal(f"{usd:.6f}"), posted_at)
