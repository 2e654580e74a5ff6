"""GraphQL over HTTP, by the GraphQL-over-HTTP draft and the audits of the package graphql-http.

No framework objects on the way: this is the hot path.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from graph.caching.keys import response_key
from graph.documents import OperationKind
from graph.engine import Graph, Operation, RequestRejected, Result
from resolvers.context import Context, CookieChange
from services.auth.viewer import Viewer
from web.access_log import LogFields, cache_fields, note, note_operation, note_viewer
from web.answers import NO_CONTENT, Answer
from web.auth import has_credential, require_gateway, viewer_of
from web.body import read_body, require_identity
from web.caching import cached_answer, request_of
from web.cookies import cookie_name, cookie_value, set_cookie
from web.headers import Headers, headers_of, is_own_page
from web.known import KnownAnswers
from web.negotiation import MediaType, answer_type, prefers_page, require_json
from web.parameters import Parameters, parameters_of_body, parameters_of_query_string
from web.refusals import Refusal
from web.runtime import Runtime
from web.server.answers import HeaderLines, WholeAnswer

METHODS = frozenset({"GET", "HEAD", "POST"})
ALLOW = "GET, HEAD, OPTIONS, POST"
# The draft and the audits ask for 400 where nothing ran because the request was wrong.
REQUEST_ERROR_STATUS = 400
FAILURE_STATUSES = {
    "INTERNAL_SERVER_ERROR": 500,
    "SERVICE_UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 503,
}
RecallAnswer = Callable[[bytes], tuple[WholeAnswer, LogFields] | None]
"""From a request's body to its answer, and what the log is told of it."""


class GraphQLOverHTTP:
    """Queries by GET and POST, mutations by POST; subscriptions have the WebSocket."""

    def __init__(self, runtime: Runtime, *, page_path: str | None = None) -> None:
        """Browsers that ask for a page are sent to `page_path`, where there is one."""
        self._runtime = runtime
        self._page_path = page_path
        self._cookie_name = cookie_name(runtime.settings)
        self._known = KnownAnswers(runtime.responses)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        # For refusals that come before the client's wish is known.
        media_type = MediaType.JSON
        try:
            answer = self._answer_without_graph(scope, headers)
            if answer is None:
                media_type = answer_type(headers.get(b"accept", b""))
                viewer = self._admitted(scope, headers)
                answer = await self._answer(scope, headers, receive, media_type, viewer)
        except Refusal as refusal:
            answer = _refused(refusal)
        await _send(send, answer, media_type, has_body=scope["method"] != "HEAD")

    def known_answers(self, scope: Scope) -> RecallAnswer | None:
        """What knows the answers to requests with this head, if it only says which is wanted."""
        headers, is_post = headers_of(scope), scope["method"] == "POST"
        if has_credential(headers):
            return None
        try:
            if self._answer_without_graph(scope, headers) is not None:
                return None
            media_type = answer_type(headers.get(b"accept", b""))
            self._admitted(scope, headers)
        except Refusal:
            return None

        def recall(body: bytes) -> tuple[WholeAnswer, LogFields] | None:
            text = body if is_post else scope["query_string"]
            known = self._known.answer(scope["method"], text, headers, media_type)
            if known is None:
                return None
            return known.answer.whole(media_type), known.log_fields()

        return recall

    def _answer_without_graph(self, scope: Scope, headers: Headers) -> Answer | None:
        """The answer to what is no GraphQL request."""
        method = scope["method"]
        if method == "OPTIONS":
            return Answer(NO_CONTENT, b"", [(b"allow", ALLOW.encode())])
        if method not in METHODS:
            message = "GraphQL is served by GET (queries only) and POST."
            raise Refusal(405, "METHOD_NOT_ALLOWED", message, headers={"Allow": ALLOW})
        if self._page_path is None or method == "POST":
            return None
        if not prefers_page(headers.get(b"accept", b"")):
            return None
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        return Answer(303, b"", [(b"location", self._page_path.encode() + query)])

    def _admitted(self, scope: Scope, headers: Headers) -> Viewer:
        """The viewer of a request to the graph. Refuses whatever the head alone decides."""
        require_gateway(headers, self._runtime.gateway_secret)
        viewer = viewer_of(headers, self._runtime.platform)
        note_viewer(viewer)
        if scope["method"] == "POST":
            require_json(headers.get(b"content-type", b""))
            require_identity(headers)
        return viewer

    async def _answer(
        self,
        scope: Scope,
        headers: Headers,
        receive: Receive,
        media_type: MediaType,
        viewer: Viewer,
    ) -> Answer:
        graph = self._runtime.graph
        method, text = scope["method"], await self._text(scope, headers, receive)
        is_anonymous = viewer.user_id is None
        known = self._known.answer(method, text, headers, media_type) if is_anonymous else None
        if known is not None:
            note(known.log_fields())
            return known.answer
        parameters = _parameters(method, text)
        try:
            operation = graph.prepare(
                parameters.query,
                operation_name=parameters.operation_name,
                variables=parameters.variables,
            )
        except RequestRejected as rejection:
            note_operation(parameters.operation_name)
            status = 200 if media_type is MediaType.JSON else REQUEST_ERROR_STATUS
            return Answer(status, orjson.dumps({"errors": rejection.errors}), [])
        note_operation(operation.name)
        _require_servable(operation, method)
        if operation.constant is not None:
            result = Result(dict(operation.constant), None, has_data=True)
            answer = _answer(result, media_type, [])
            self._known.remember_constant(method, text, answer, operation.name)
            return answer
        context = self._context(scope, headers, viewer)
        policy, responses = operation.cache_policy, self._runtime.responses
        if responses is None or policy is None or not is_anonymous:
            result = await graph.execute(operation, context)
            cookies = self._cookies(scope, headers, context.cookie_changes)
            return _answer(result, media_type, [*cookies, *context.response_headers])
        key = response_key(
            parameters.query,
            operation_name=operation.name,
            variables=parameters.variables,
            policy=policy,
        )
        load = partial(_load, graph, operation, context)
        found, is_hit = await responses.read(key, policy, load)
        note(cache_fields(is_hit=is_hit))
        if isinstance(found, Result):
            return _answer(found, media_type, [])
        responses.remember(request_of(method, text), found, operation.name)
        return cached_answer(responses, found, method, headers, media_type)

    async def _text(self, scope: Scope, headers: Headers, receive: Receive) -> bytes:
        """Where the parameters are: the body of a POST, the query string of others."""
        if scope["method"] != "POST":
            return scope["query_string"]
        bytes_max = self._runtime.settings.body_bytes_max
        return await read_body(receive, headers, bytes_max=bytes_max)

    def _context(self, scope: Scope, headers: Headers, viewer: Viewer) -> Context:
        cookie = cookie_value(headers, self._cookie_name)
        if cookie is not None and not self._may_use_cookies(scope, headers):
            cookie = None
        return self._runtime.platform.context(
            viewer=viewer, request_id=scope["request_id"], refresh_cookie=cookie
        )

    def _cookies(
        self, scope: Scope, headers: Headers, changes: Sequence[CookieChange]
    ) -> HeaderLines:
        """At most one `Set-Cookie`: an operation's last change is the one that holds.

        A foreign page can neither sign its reader in as somebody else nor out.
        """
        if not changes or not self._may_use_cookies(scope, headers):
            return []
        is_secure = self._runtime.settings.has_secure_cookies
        return [(b"set-cookie", set_cookie(self._cookie_name, changes[-1], is_secure=is_secure))]

    def _may_use_cookies(self, scope: Scope, headers: Headers) -> bool:
        return is_own_page(scope, headers, self._runtime.settings.cors_origins)


def _parameters(method: str, text: bytes) -> Parameters:
    return parameters_of_body(text) if method == "POST" else parameters_of_query_string(text)


async def _load(graph: Graph, operation: Operation, context: Context) -> bytes | Result:
    """The bytes of a result without errors, which others may have too; else the result."""
    result = await graph.execute(operation, context)
    return orjson.dumps(result.body()) if result.errors is None else result


def _answer(result: Result, media_type: MediaType, headers: HeaderLines) -> Answer:
    body = result.body()
    is_failure = media_type is MediaType.GRAPHQL and not result.has_data
    status = _failure_status(body) if is_failure else 200
    return Answer(status, orjson.dumps(body), headers)


def _require_servable(operation: Operation, method: str) -> None:
    if operation.kind is OperationKind.SUBSCRIPTION:
        message = (
            "Subscriptions are served over WebSocket at this same address, with the sub-protocol"
            " graphql-transport-ws."
        )
        if method == "POST":
            raise Refusal(400, "BAD_REQUEST", message)
        raise Refusal(405, "METHOD_NOT_ALLOWED", message, headers={"Allow": "POST"})
    if operation.kind is OperationKind.MUTATION and method != "POST":
        message = "Mutations change things: send them by POST."
        raise Refusal(405, "METHOD_NOT_ALLOWED", message, headers={"Allow": "POST"})


def _failure_status(body: dict[str, Any]) -> int:
    """The status of a result without data, by its first error."""
    code = body["errors"][0]["extensions"]["code"]
    return FAILURE_STATUSES.get(code, REQUEST_ERROR_STATUS)


def _refused(refusal: Refusal) -> Answer:
    headers = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
    return Answer(refusal.status, refusal.body(), headers)


async def _send(send: Send, answer: Answer, media_type: MediaType, *, has_body: bool) -> None:
    status, headers, body = answer.whole(media_type)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body if has_body else b""})
