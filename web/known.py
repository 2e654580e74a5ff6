"""The answers to requests that were seen before: cached ones, and those that never change.

Only `POST` bodies and query strings that led to one of them are known, to the byte.
"""

from typing import NamedTuple

from graph.caching.cache import Request
from web.access_log import LogFields, cache_fields, operation_fields
from web.answers import Answer
from web.caching import Responses, cached_answer, request_of
from web.headers import Headers
from web.negotiation import MediaType

CONSTANTS_MAX = 1_024
CONSTANT_REQUEST_BYTES_MAX = 1_024


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

    def remember_constant(
        self, method: str, text: bytes, answer: Answer, operation_name: str | None
    ) -> None:
        """Know the answer to an operation that has nothing to run; the oldest is forgotten."""
        request = request_of(method, text)
        if len(text) > CONSTANT_REQUEST_BYTES_MAX or request in self._constants:
            return
        if len(self._constants) == CONSTANTS_MAX:
            del self._constants[next(iter(self._constants))]
        self._constants[request] = KnownAnswer(answer, operation_name, is_cached=False)
