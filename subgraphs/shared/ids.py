"""Ids as clients see them: a prefix that names the kind, so that a wrong kind is a clear error."""

from enum import StrEnum
from uuid import UUID

import strawberry

from core.errors import CodedError
from core.ids import InvalidId, decode_id, encode_id


class Kind(StrEnum):
    """The prefixes of ids."""

    USER = "usr"
    SERVICE = "svc"
    REVIEW = "rev"
    ORDER = "ord"
    COURSE = "crs"
    LESSON = "les"
    ENROLMENT = "enr"
    TRANSACTION = "txn"
    ADJUSTMENT = "adj"
    PAYMENT = "pay"
    SHORTFALL = "sho"
    CONVERSATION = "cnv"
    MESSAGE = "msg"


def public_id(kind: Kind, key: UUID) -> strawberry.ID:
    """The id that clients see for a key."""
    return strawberry.ID(encode_id(kind.value, key))


def key_of(kind: Kind, text: str) -> UUID:
    """The key of an id that must be of one kind. Raises CodedError that says which."""
    found, key = kind_and_key(text)
    if found is not kind:
        message = (
            f"'{text}' is the id of a {found.name.lower()}. The id of a {kind.name.lower()}"
            f" begins with '{kind.value}_'."
        )
        raise CodedError(message)
    return key


def kind_and_key(text: str) -> tuple[Kind, UUID]:
    """What an id names. Raises CodedError for a text that is no id of ours."""
    try:
        prefix, key = decode_id(text)
        return Kind(prefix), key
    except (InvalidId, ValueError):
        message = (
            f"'{text[:40]}' is not an id. Ids look like 'usr_01jd5h8zq4e2g9w7k3m5n6p8rt':"
            " take them as the API gave them."
        )
        raise CodedError(message) from None


def keys_or_none(kind: Kind, texts: list[str]) -> list[UUID | None]:
    """The keys of ids in references; `None` for what is no id of the kind."""
    return [_key_or_none(kind, text) for text in texts]


def _key_or_none(kind: Kind, text: object) -> UUID | None:
    try:
        return key_of(kind, str(text))
    except CodedError:
        return None
