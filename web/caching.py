"""What is known already at the edge: requests seen before, and HTTP's validators.

Only `POST` bodies and query strings that led to a kept response, or to one that is the same for
all, are known, to the byte.
"""

from typing import NamedTuple

import orjson

from graph.caching.cache import CachedResponse, Request, ResponseCache
from graph.caching.keys import LOCALE
from graph.engine import Operation, Result
from web.access_log import LogFields, cache_fields, operation_fields
from web.answers import NOT_MODIFIED, Answer
from web.headers import Headers
from web.negotiation import MediaType
from web.server.answers import HeaderLines

Responses = ResponseCache[Result]

CONSTANTS_MAX = 1_024
CONSTANT_REQUEST_BYTES_MAX = 1_024
IF_NONE_MATCH = b"if-none-match"
WEAK = "W/"


class KnownAnswer(NamedTuple):
    """The answer to a request that was seen before."""

    answer: Answer
    operation_name: str | None
    is_cached: bool
    """Whether it comes from the cache of responses; else there was never anything to run."""

    def log_fields(self) -> LogFields:
        cache = cache_fields(is_hit=True) if self.is_cached else {}
        return operation_fields(self.operation_name) | cache


class KnownAnswers:
    """What anonymous clients are answered without looking closer at what they sent."""

    def __init__(self, responses: Responses | None) -> None:
        self._responses = responses
        self._constants: dict[Request, KnownAnswer] = {}

    def answer(
        self, method: str, text: bytes, headers: Headers, media_type: MediaType
    ) -> KnownAnswer | None:
        """The answer to the very same request, if it is known and still holds."""
        request = request_of(method, text)
        constant = self._constants.get(request)
        if constant is not None or self._responses is None:
            return constant
        known = self._responses.recall(request)
        if known is None:
            return None
        answer = cached_answer(self._responses, known.response, method, headers, media_type)
        return KnownAnswer(answer, known.operation_name, is_cached=True)

    def constant(self, method: str, text: bytes, operation: Operation) -> Answer:
        """The answer to an operation that has nothing to run, known from now on."""
        answer = Answer(200, orjson.dumps({"data": operation.constant}), [])
        request = request_of(method, text)
        if len(text) <= CONSTANT_REQUEST_BYTES_MAX and request not in self._constants:
            if len(self._constants) == CONSTANTS_MAX:
                del self._constants[next(iter(self._constants))]
            self._constants[request] = KnownAnswer(answer, operation.name, is_cached=False)
        return answer


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
