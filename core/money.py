"""AZR amounts: `Decimal` with 8 places inside, plain digits in a string outside, never a float."""

import re
from decimal import Decimal

AZR_PLACES = 8
AZR_MAX = Decimal("9999999999.99999999")
_QUANTUM = Decimal(1).scaleb(-AZR_PLACES)
_PATTERN = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,8})?", re.ASCII)


class InvalidAmount(ValueError):
    """The text is not an amount of AZR."""


def parse_azr(text: str) -> Decimal:
    """The amount that `text` spells: at most 10 digits, then at most 8 decimals.

    Raises InvalidAmount for signs, exponents, spaces, other scripts' digits, `NaN` and the like.
    """
    if not _PATTERN.fullmatch(text):
        raise InvalidAmount(text)
    return Decimal(text).quantize(_QUANTUM)


def format_azr(amount: Decimal) -> str:
    """`amount` with exactly 8 decimals. Raises InvalidAmount outside 0 to 9999999999.99999999."""
    if not amount.is_finite() or not 0 <= amount <= AZR_MAX:
        raise InvalidAmount(str(amount))
    return f"{amount:.8f}"
