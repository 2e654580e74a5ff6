"""Media types: which one an answer has (`Accept`), and which ones a body may have (RFC 9110)."""

import re
from enum import StrEnum
from functools import lru_cache

from web.refusals import Refusal

CACHED_HEADERS_MAX = 128
CACHED_HEADER_BYTES_MAX = 512
PAGE = "text/html"

_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?", re.ASCII)


class MediaType(StrEnum):
    """The two media types of a GraphQL response."""

    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"


def answer_type(accept: bytes) -> MediaType:
    """The media type to answer with; refuses (406) when neither is acceptable.

    `application/json` unless the other is preferred or named at the same weight: so answers
    clients that accept anything, as the audits of graphql-http have it.
    """
    media_type = _read(accept)[0]
    if media_type is None:
        message = f"Accept {MediaType.GRAPHQL} or {MediaType.JSON}; nothing else is served here."
        raise Refusal(406, "NOT_ACCEPTABLE", message)
    return media_type


def prefers_page(accept: bytes) -> bool:
    """Whether a browser asks for a page rather than for JSON."""
    return _read(accept)[1]


def require_json(content_type: bytes) -> None:
    """Refuse (415) any body but JSON in UTF-8.

    The simple types that a page of another site may send without a preflight are thus refused too.
    """
    if not _is_json(content_type):
        message = "Send the request as JSON, with the header `Content-Type: application/json`."
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", message)


def _read(accept: bytes) -> tuple[MediaType | None, bool]:
    if len(accept) <= CACHED_HEADER_BYTES_MAX:
        return _read_cached(accept)
    return _negotiate(accept)


def _negotiate(accept: bytes) -> tuple[MediaType | None, bool]:
    qualities = _qualities(accept.decode("latin-1"))
    json = _quality_of(MediaType.JSON, qualities)
    graphql = _quality_of(MediaType.GRAPHQL, qualities)
    is_page = qualities.get(PAGE, 0.0) > max(json, graphql)
    if not json and not graphql:
        return None, is_page
    is_named = MediaType.GRAPHQL in qualities
    is_graphql = graphql > json or (graphql == json and is_named)
    return (MediaType.GRAPHQL if is_graphql else MediaType.JSON), is_page


_read_cached = lru_cache(maxsize=CACHED_HEADERS_MAX)(_negotiate)


def _qualities(accept: str) -> dict[str, float]:
    """Media ranges and their weights; an empty header accepts anything."""
    if not accept.strip():
        return {"*/*": 1.0}
    qualities: dict[str, float] = {}
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = _quality(parameters)
        qualities[name] = max(quality, qualities.get(name, 0.0))
    return qualities


def _quality(parameters: list[str]) -> float:
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            quality = float(value) if _QUALITY.fullmatch(value) else 0.0
        elif name == "charset" and not _is_utf8(value):
            return 0.0
    return quality


def _quality_of(media_type: str, qualities: dict[str, float]) -> float:
    """The weight of the most specific range that matches."""
    for media_range in (media_type, "application/*", "*/*"):
        if media_range in qualities:
            return qualities[media_range]
    return 0.0


@lru_cache(maxsize=CACHED_HEADERS_MAX)
def _is_json(content_type: bytes) -> bool:
    name, *parameters = content_type[:CACHED_HEADER_BYTES_MAX].decode("latin-1").split(";")
    if name.strip().lower() != MediaType.JSON:
        return False
    for parameter in parameters:
        key, _, value = parameter.strip().lower().partition("=")
        if key == "charset" and not _is_utf8(value):
            return False
    return True


def _is_utf8(charset: str) -> bool:
    return charset.strip('"') in {"utf-8", "utf8"}
