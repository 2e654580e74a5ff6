"""GraphQL over WebSocket: the handshake, for the sub-protocol graphql-transport-ws only."""

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from web.auth import GATEWAY_HEADER, require_gateway
from web.connection import Connection
from web.headers import Headers, headers_of, is_trusted_origin
from web.messages import SUBPROTOCOL, WRONG_SUBPROTOCOL
from web.refusals import JSONAnswer, Refusal
from web.runtime import Runtime


class GraphQLOverWebSocket:
    """Operations of every kind. Cookies never authenticate a socket; tokens come with its init."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        headers = headers_of(scope)
        try:
            self._require_welcome(scope, headers)
        except Refusal as refusal:
            answer = JSONAnswer(refusal.body(), refusal.status, refusal.headers)
            await websocket.send_denial_response(answer)
            return
        if SUBPROTOCOL not in scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(WRONG_SUBPROTOCOL, f"Use the sub-protocol {SUBPROTOCOL}")
            return
        await websocket.accept(SUBPROTOCOL)
        connection = Connection(
            websocket,
            self._runtime,
            secret=None if GATEWAY_HEADER in headers else self._runtime.gateway_secret,
        )
        await connection.serve()

    def _require_welcome(self, scope: Scope, headers: Headers) -> None:
        if not is_trusted_origin(scope, headers, self._runtime.settings.cors_origins):
            message = "Pages of this origin may not connect; AZORA_CORS_ORIGINS lists who may."
            raise Refusal(403, "FORBIDDEN", message)
        if GATEWAY_HEADER in headers:
            require_gateway(headers, self._runtime.gateway_secret)
