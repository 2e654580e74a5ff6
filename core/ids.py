"""Ids: UUIDv7 inside, a prefix and 26 characters outside (`usr_01jd5h...`).

The outside form is that of the TypeID specification 0.3: lower-case Crockford base32.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, SafeUUID

from uuid_utils.compat import uuid7

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# Python's own digits of base 32 for those of the alphabet, and no digit for any other byte, so that
# `int` reads neither signs, spaces, underscores nor capitals.
_DIGITS = bytes(
    b"0123456789abcdefghijklmnopqrstuv"[ALPHABET.index(chr(byte))] if chr(byte) in ALPHABET else 33
    for byte in range(256)
)
_PAIRS = tuple(high + low for high in ALPHABET for low in ALPHABET)
SUFFIX_LENGTH = 26
# `UUID(int=...)` takes three times as long, for checks that a suffix has passed already.
_new_key, _set_field, _SAFETY = UUID.__new__, object.__setattr__, SafeUUID.unknown
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class InvalidId(ValueError):
    """The text is not a prefixed id."""


def new_id() -> UUID:
    """A fresh UUIDv7: unique, and later ones sort after earlier ones."""
    return uuid7()


def id_at(moment: datetime, random: Random) -> UUID:
    """A UUIDv7 (RFC 9562, section 5.7) for a given time, its random bits from `random`."""
    milliseconds = (moment - _EPOCH) // _MILLISECOND
    bits = random.getrandbits(74)
    high = milliseconds << 16 | 0x7000 | bits >> 62
    low = 0b10 << 62 | bits & (1 << 62) - 1
    return UUID(int=high << 64 | low)


def encode_id(prefix: str, key: UUID) -> str:
    """`key` as clients see it."""
    number = key.int
    pairs = _PAIRS
    return (
        f"{prefix}_{pairs[number >> 120]}{pairs[number >> 110 & 1023]}"
        f"{pairs[number >> 100 & 1023]}{pairs[number >> 90 & 1023]}{pairs[number >> 80 & 1023]}"
        f"{pairs[number >> 70 & 1023]}{pairs[number >> 60 & 1023]}{pairs[number >> 50 & 1023]}"
        f"{pairs[number >> 40 & 1023]}{pairs[number >> 30 & 1023]}{pairs[number >> 20 & 1023]}"
        f"{pairs[number >> 10 & 1023]}{pairs[number & 1023]}"
    )


def decode_id(text: str) -> tuple[str, UUID]:
    """The prefix and the key of an outside id. Raises InvalidId for anything else."""
    prefix, separator, suffix = text.rpartition("_")
    if not separator or not prefix or len(suffix) != SUFFIX_LENGTH or suffix[0] > "7":
        raise InvalidId(text)
    try:
        number = int(suffix.encode("ascii").translate(_DIGITS), 32)
    except ValueError:
        raise InvalidId(text) from None
    key = _new_key(UUID)
    _set_field(key, "int", number)
    _set_field(key, "is_safe", _SAFETY)
    return prefix, key
