"""The cache of anonymous responses at the edge: requests seen before, and HTTP's validators.

Only `POST` bodies and query strings that led to a kept response are known, to the byte.
"""

from graph.caching.cache import CachedResponse, Request, ResponseCache
from graph.caching.keys import LOCALE
from graph.engine import Result
from web.headers import Headers
from web.negotiation import MediaType

Responses = ResponseCache[Result]
HeaderLines = list[tuple[bytes, bytes]]

IF_NONE_MATCH = b"if-none-match"
WEAK = "W/"


def request_of(method: str, text: bytes) -> Request:
    """How a request is known again: by its body, or by its query string."""
    return (method == "POST", LOCALE), text


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
