"""Lets pages of the origins named in the settings call the API, credentials included."""

from collections.abc import Iterable
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Send

from web.refusals import JSONAnswer, error_body
from web.server.answers import HeaderLines

METHODS = ("GET", "HEAD", "OPTIONS", "POST")
REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Apollo-Require-Preflight",
    "X-Apollo-Operation-Name",
    "Apollographql-Client-Name",
    "Apollographql-Client-Version",
    "Apollographql-Library-Name",
    "Apollographql-Library-Version",
    "Idempotency-Key",
    "X-Request-Id",
)
RESPONSE_HEADERS = (
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-Id",
    "Idempotency-Replayed",
)
PREFLIGHT_SECONDS = 600


class Cors(CORSMiddleware):
    """Starlette's, with refusals in JSON, and with what it adds to answers as `allowed`.

    Origins are always listed, so that half of Starlette's own `send` is not needed.
    """

    def __init__(self, app: ASGIApp, *, origins: tuple[str, ...]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=REQUEST_HEADERS,
            allow_credentials=True,
            expose_headers=RESPONSE_HEADERS,
            max_age=PREFLIGHT_SECONDS,
        )

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        if message["type"] == "http.response.start":
            lines, origin = message.get("headers", ()), request_headers.get("origin")
            message["headers"] = self.allowed(lines, origin)
        await send(message)

    def allowed(self, lines: Iterable[tuple[bytes, bytes]], origin: str | None) -> HeaderLines:
        """An answer's headers, with what lets a page of `origin` read it if it may."""
        headers = MutableHeaders(raw=[*lines])
        if origin is not None:
            headers.update(self.simple_headers)
        if origin is not None and self.is_allowed_origin(origin):
            self.allow_explicit_origin(headers, origin)
        else:
            headers.add_vary_header("Origin")
        return headers.raw

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        headers = {
            name: value
            for name, value in response.headers.items()
            if name not in {"content-length", "content-type"}
        }
        if response.status_code == HTTPStatus.OK:
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
        message = f"{bytes(response.body).decode()}. Allowed origins are set in AZORA_CORS_ORIGINS."
        return JSONAnswer(error_body("FORBIDDEN", message), response.status_code, headers)
