"""Known answers, given before a request is made of what was sent: no task, no middleware.

What each request has whatever its answer is, is here as well: an id, and a line in the log.
"""

import time

from starlette.types import Scope

from web.graphql import GraphQLOverHTTP
from web.headers import headers_of
from web.middleware.requests import HEADER as REQUEST_ID, log_request, new_request_id
from web.middleware.straight import is_straight
from web.server.answers import AnswerAtOnce, WholeAnswer

ORIGIN = b"origin"


class AtOnce:
    """What the server asks about each head that comes again."""

    def __init__(self, endpoint: GraphQLOverHTTP, *, path: str, has_cors: bool) -> None:
        self._endpoint = endpoint
        self._path = path
        self._looked_at = {REQUEST_ID, ORIGIN} if has_cors else {REQUEST_ID}

    def __call__(self, scope: Scope) -> AnswerAtOnce | None:
        """What may know the answers to requests with this head."""
        if not is_straight(scope, self._path) or self._looked_at & headers_of(scope).keys():
            return None
        known_answer = self._endpoint.known_answers(scope)
        if known_answer is None:
            return None

        def answer(body: bytes) -> WholeAnswer | None:
            started = time.perf_counter()
            known = known_answer(body)
            if known is None:
                return None
            (status, headers, content), fields = known
            request_id = new_request_id()
            log_request(scope, status, started, requestId=request_id, **fields)
            return WholeAnswer(status, [*headers, (REQUEST_ID, request_id.encode())], content)

        return answer
