"""Known answers, given before a request is made of what was sent: no task, no middleware.

What each request has whatever its answer is, is here as well: an id, and a line in the log.
"""

import time

from starlette.datastructures import Headers
from starlette.types import Scope
from structlog.contextvars import clear_contextvars

from web.graphql import GraphQLOverHTTP
from web.middleware.cors import Cors
from web.middleware.requests import HEADER as REQUEST_ID, log_request, new_request_id
from web.middleware.straight import is_straight
from web.server.answers import AnswerAtOnce, WholeAnswer


class AtOnce:
    """What the server asks about each head that comes again."""

    def __init__(
        self, endpoint: GraphQLOverHTTP, *, path: str, cors_origins: tuple[str, ...]
    ) -> None:
        self._endpoint = endpoint
        self._path = path
        self._cors = Cors(endpoint, origins=cors_origins) if cors_origins else None

    def __call__(self, scope: Scope) -> AnswerAtOnce | None:
        """What may know the answers to requests with this head."""
        headers = Headers(scope=scope)
        if not is_straight(scope, self._path) or REQUEST_ID.decode() in headers:
            return None
        known_answer = self._endpoint.known_answers(scope)
        if known_answer is None:
            return None
        cors, origin = self._cors, headers.get("origin")

        def answer(body: bytes) -> WholeAnswer | None:
            started = time.perf_counter()
            known = known_answer(body)
            if known is None:
                return None
            (status, lines, content), fields = known
            if cors is not None:
                lines = cors.allowed(lines, origin)
            # On asyncio's own loop, what an earlier request of the connection noted may be here.
            clear_contextvars()
            request_id = new_request_id()
            log_request(scope, status, started, requestId=request_id, **fields)
            return WholeAnswer(status, [*lines, (REQUEST_ID, request_id.encode())], content)

        return answer
