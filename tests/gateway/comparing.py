"""Two answers to one operation, without what two right answers may differ in."""

import re
from collections import Counter
from datetime import datetime
from http.cookies import Morsel, SimpleCookie
from typing import Any

from core.ids import InvalidId, decode_id
from tests.gateway.sides import Answer

Path = tuple[str | int, ...]
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_ACCESS_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
_REFRESH_TOKEN = re.compile(r"[\w-]{43}")
# A UUIDv7 begins with milliseconds (RFC 9562, section 5.7).
_BITS_AFTER_TIME = 80
_MINUTE_SECONDS = 60


def settled(value: Any, since: datetime) -> Any:
    """`value` with a sign in place of each token, and of each id and moment not before `since`."""
    if isinstance(value, dict):
        return {name: settled(each, since) for name, each in value.items()}
    if isinstance(value, list):
        return [settled(each, since) for each in value]
    return _settled_text(value, since) if isinstance(value, str) else value


def outcomes(answer: Answer) -> list[str]:
    """The type of what each root field answers with."""
    return [value["__typename"] for value in (answer.data or {}).values()]


def faults(answer: Answer) -> Counter[tuple[Path, str | None]]:
    """The path and the code of each error, in no order."""
    paths = (tuple(error.get("path", ())) for error in answer.errors)
    return Counter(zip(paths, answer.codes, strict=True))


def assert_same_faults(gateway: Answer, in_process: Answer) -> None:
    """Both sides find the same faults with an operation.

    Where nothing ran because the request was wrong, the gateway may find it in words of its own, or
    leave it to a service, and then blame a root field: it knows no custom scalar.
    """
    if in_process.errors and not any("path" in error for error in in_process.errors):
        assert in_process.data is None
        assert gateway.errors
    else:
        assert faults(gateway) == faults(in_process)


def cookie_of(answer: Answer) -> str:
    """The one cookie that an answer sets, as a browser sends it back."""
    [morsel] = _morsels(answer)
    return f"{morsel.key}={morsel.value}"


def cookie_changes(answer: Answer) -> list[tuple[object, ...]]:
    """What an answer tells a browser of cookies: whether it has a value, how long, for whom."""
    return [
        (
            morsel.key,
            bool(morsel.value),
            round(int(morsel["max-age"]) / _MINUTE_SECONDS),
            *(morsel[name] for name in ("path", "domain", "samesite", "httponly", "secure")),
        )
        for morsel in _morsels(answer)
    ]


def _morsels(answer: Answer) -> list[Morsel[str]]:
    return [morsel for text in answer.cookies for morsel in SimpleCookie(text).values()]


def _settled_text(text: str, since: datetime) -> str:
    if _MOMENT.fullmatch(text):
        return "<moment>" if datetime.fromisoformat(text) >= since else text
    if _ACCESS_TOKEN.search(text):
        # Alone, or in a link.
        return _ACCESS_TOKEN.sub("<access token>", text)
    if _REFRESH_TOKEN.fullmatch(text):
        return "<refresh token>"
    try:
        prefix, key = decode_id(text)
    except InvalidId:
        return text
    is_new = key.int >> _BITS_AFTER_TIME >= since.timestamp() * 1000
    return f"<new {prefix}>" if is_new else text
