"""Cached answers at the edge: how a request names one, and HTTP's validators."""

from graph.caching.cache import CachedResponse, Request, ResponseCache
from graph.caching.keys import LOCALE
from graph.engine import Result
from web.answers import NOT_MODIFIED, Answer
from web.headers import Headers
from web.negotiation import MediaType
from web.server.answers import HeaderLines

Responses = ResponseCache[Result]

IF_NONE_MATCH = b"if-none-match"
WEAK = "W/"


def request_of(method: str, text: bytes) -> Request:
    """How a request is known again: by its body, or by its query string."""
    return (method == "POST", LOCALE), text


def cached_answer(
    responses: Responses,
    response: CachedResponse,
    method: str,
    headers: Headers,
    media_type: MediaType,
) -> Answer:
    """A cached answer; for `GET`, one that clients may keep as long as we do."""
    if method == "POST":
        return Answer(200, response.body, [])
    etag = etag_of(response, media_type)
    lines = cache_headers(responses, response, etag)
    if is_known_to_client(headers, etag):
        return Answer(NOT_MODIFIED, b"", lines, has_validators=True)
    return Answer(200, response.body, lines, has_validators=True)


def is_known_to_client(headers: Headers, etag: str) -> bool:
    """Whether the client has this answer already (RFC 9110, section 13.1.2)."""
    wanted = headers.get(IF_NONE_MATCH)
    if wanted is None:
        return False
    tags = [tag.strip() for tag in wanted.decode("latin-1").split(",")]
    return "*" in tags or etag in (tag.removeprefix(WEAK) for tag in tags)


def etag_of(response: CachedResponse, media_type: MediaType) -> str:
    """Strong: it names the bytes and their media type."""
    suffix = "g" if media_type is MediaType.GRAPHQL else "j"
    return f'"{response.etag}.{suffix}"'


def cache_headers(responses: Responses, response: CachedResponse, etag: str) -> HeaderLines:
    """What lets browsers and proxies repeat an answer for as long as we would."""
    return [
        (b"cache-control", b"public, max-age=%d" % response.policy.max_age_seconds),
        (b"age", b"%d" % responses.age_seconds(response)),
        (b"etag", etag.encode()),
    ]
