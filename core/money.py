"""AZR amounts: `Decimal` with 8 places inside, plain digits in a string outside, never a float."""

import re
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DefaultContext,
    DivisionByZero,
    FloatOperation,
    InvalidOperation,
    Overflow,
    getcontext,
    localcontext,
)

AZR_PLACES = 8
AZR_MAX = Decimal("9999999999.99999999")
_QUANTUM = Decimal(1).scaleb(-AZR_PLACES)
# Digits for any product of two amounts.
_CONTEXT = Context(
    prec=50, rounding=ROUND_HALF_EVEN, traps=[DivisionByZero, InvalidOperation, Overflow]
)
_PATTERN = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,8})?", re.ASCII)


class InvalidAmount(ValueError):
    """The text is not an amount of AZR."""


def trap_floats() -> None:
    """From now on a float that meets a Decimal is an error, in this thread and all new ones."""
    DefaultContext.traps[FloatOperation] = True
    getcontext().traps[FloatOperation] = True


def parse_azr(text: str) -> Decimal:
    """The amount that `text` spells: at most 10 digits, then at most 8 decimals.

    Raises InvalidAmount for signs, exponents, spaces, other scripts' digits, `NaN` and the like.
    """
    if not _PATTERN.fullmatch(text):
        raise InvalidAmount(text)
    return Decimal(text).quantize(_QUANTUM)


def parse_signed_azr(text: str) -> Decimal:
    """The change of an amount that `text` spells: as `parse_azr` does, after a minus if it is less.

    Raises InvalidAmount as `parse_azr` does, and for nothing with a sign.
    """
    amount = parse_azr(text.removeprefix("-"))
    if not text.startswith("-"):
        return amount
    if amount == 0:
        raise InvalidAmount(text)
    return -amount


def format_azr(amount: Decimal) -> str:
    """`amount` with exactly 8 decimals. Raises InvalidAmount outside 0 to 9999999999.99999999."""
    if not amount.is_finite() or not 0 <= amount <= AZR_MAX:
        raise InvalidAmount(str(amount))
    return f"{amount:.8f}"


def exact_azr(amount: Decimal, *, places_max: int = AZR_PLACES) -> Decimal:
    """`amount` with 8 decimals, if it is above zero and has at most `places_max` decimals.

    Raises InvalidAmount for anything else, floats and NaN included.
    """
    if not isinstance(amount, Decimal) or not amount.is_finite() or not 0 < amount <= AZR_MAX:  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may not be checked
        raise InvalidAmount(str(amount))
    with localcontext(_CONTEXT):
        exact = amount.quantize(_QUANTUM)
        if exact != amount or exact != amount.quantize(Decimal(1).scaleb(-places_max)):
            raise InvalidAmount(str(amount))
    return exact


def share_azr(whole: Decimal, part: Decimal, *, total: Decimal = Decimal(1)) -> Decimal:
    """`whole` * `part` / `total`, half to even at the 8th decimal.

    The quotient of amounts is nearer than 1e-36 to a half only if it is one: 50 digits tell.
    """
    with localcontext(_CONTEXT):
        return (whole * part / total).quantize(_QUANTUM)
