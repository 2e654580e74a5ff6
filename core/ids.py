"""Ids: UUIDv7 inside, a prefix and 26 characters outside (`usr_01jd5h...`).

The outside form is that of the TypeID specification 0.3: lower-case Crockford base32.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from ulid_transform import bytes_to_ulid, ulid_to_bytes
from uuid_utils.compat import uuid7

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
    return f"{prefix}_{bytes_to_ulid(key.bytes).lower()}"


def decode_id(text: str) -> tuple[str, UUID]:
    """The prefix and the key of an outside id. Raises InvalidId for anything else."""
    prefix, separator, suffix = text.rpartition("_")
    if not separator or not prefix:
        raise InvalidId(text)
    try:
        key = UUID(bytes=ulid_to_bytes(suffix))
    except ValueError:
        raise InvalidId(text) from None
    # Other characters have been read as any digits: only what encoding makes is an id.
    if bytes_to_ulid(key.bytes).lower() != suffix:
        raise InvalidId(text)
    return prefix, key
