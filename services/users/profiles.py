"""What a person says of themselves."""

import re
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import orjson
from sqlalchemy.exc import IntegrityError

from core.database import violated_constraint
from core.errors import DomainError
from core.stores import Stores
from core.validation import Checks
from models.cache import user_key
from models.subjects import Subject
from models.tables import User
from services.auth.viewer import AccountGone

PREFERENCES_BYTES_MAX = 4096
_HANDLE = re.compile(r"[a-z0-9_]{3,30}")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,8}(?:-[a-zA-Z0-9]{1,8}){0,3}")
_AVATAR = re.compile(r"https://[^\s\x00-\x1f]{1,480}")


class HandleTaken(DomainError):
    """Another person has this handle."""

    code = "HANDLE_TAKEN"
    field = ("input", "handle")

    def __init__(self) -> None:
        super().__init__("Somebody else has this handle. Choose another one.")


async def update_profile(stores: Stores, *, user_id: UUID, changes: dict[str, Any]) -> None:
    """Change the given fields of a profile, or nothing.

    `changes` maps columns of `users` to new values; `None` clears a field that may be empty.
    Raises InvalidInput, HandleTaken, AccountGone.
    """
    cleaned = _checked(changes)
    # The catalogue of services is filtered by their providers' countries.
    subjects = [Subject.USERS, *([Subject.SERVICES] if "country_code" in cleaned else [])]
    try:
        async with stores.change(keys=[user_key(user_id)], subjects=subjects) as session:
            user = await session.get(User, user_id, with_for_update=True)
            if user is None:
                raise AccountGone
            for name, value in cleaned.items():
                setattr(user, name, value)
    except IntegrityError as error:
        if violated_constraint(error) == "uq_users_handle":
            raise HandleTaken from None
        raise


def _checked(changes: dict[str, Any]) -> dict[str, Any]:
    checks = Checks()
    cleaned = dict(changes)
    for name, check in _CHECKS.items():
        if changes.get(name) is not None:
            cleaned[name] = check(checks, changes[name])
    for name, label in _REQUIRED.items():
        if name in changes and changes[name] is None:
            checks.refuse(label, f"`{label}` cannot be empty. Leave it out to keep its value.")
    checks.done()
    return cleaned


def _check_handle(checks: Checks, value: str) -> str:
    message = "`handle` must have 3 to 30 of the characters a-z, 0-9 and _."
    return checks.matching("handle", value.lower(), _HANDLE, message)


def _check_language(checks: Checks, value: str) -> str:
    message = "`language` must be a BCP 47 tag such as `en`, `sw` or `pt-MZ`."
    return checks.matching("language", value, _LANGUAGE, message)


def _check_time_zone(checks: Checks, value: str) -> str:
    message = "`timeZone` must be an IANA name such as `Africa/Nairobi`."
    return checks.member("timeZone", value, lambda name: name in _time_zones(), message)


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    """Kept, because finding them walks through a folder of the system."""
    return frozenset(available_timezones())


def _check_avatar(checks: Checks, value: str) -> str:
    message = "`avatarUrl` must be an https address of at most 488 characters."
    return checks.matching("avatarUrl", value, _AVATAR, message)


def _check_preferences(checks: Checks, value: Any) -> Any:
    if not isinstance(value, dict) or len(orjson.dumps(value)) > PREFERENCES_BYTES_MAX:
        checks.refuse(
            "preferences",
            f"`preferences` must be a JSON object of at most {PREFERENCES_BYTES_MAX} bytes.",
        )
    return value


_CHECKS = {
    "full_name": lambda checks, value: checks.text("fullName", value, length_max=255),
    "handle": _check_handle,
    "language": _check_language,
    "time_zone": _check_time_zone,
    "avatar_url": _check_avatar,
    "preferences": _check_preferences,
}
_REQUIRED = {
    "full_name": "fullName",
    "language": "language",
    "time_zone": "timeZone",
    "preferences": "preferences",
}
