"""Answers to requests that never reach the graph. Every one is JSON with `errors`, never a page."""

from collections.abc import Mapping
from typing import Any, cast

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

STATUS_TEXTS = {
    404: ("NOT_FOUND", "There is nothing at this address. GraphQL is served at /graphql."),
    405: (
        "METHOD_NOT_ALLOWED",
        "This address does not answer that method; the header `Allow` lists those it does.",
    ),
}
NOT_STORED = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Refusal(Exception):
    """The request is answered with `status` and one error instead of being served."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def body(self) -> bytes:
        return error_body(self.code, self.message)


class JSONAnswer(Response):
    """A JSON body that no cache keeps, unless `headers` say otherwise."""

    media_type = "application/json"

    def __init__(
        self, content: object, status_code: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(content, status_code, {**NOT_STORED, **(headers or {})})

    def render(self, content: object) -> bytes:
        return content if isinstance(content, bytes) else orjson.dumps(content)


def error_entry(code: str, message: str, **extensions: Any) -> dict[str, Any]:
    """One entry of `errors`."""
    return {"message": message, "extensions": {"code": code, **extensions}}


def error_body(code: str, message: str, **extensions: Any) -> bytes:
    """A response with one error and no data."""
    return orjson.dumps({"errors": [error_entry(code, message, **extensions)]})


async def refuse(_: Request, error: Exception) -> Response:
    """The answer to a Refusal."""
    refusal = cast("Refusal", error)
    return JSONAnswer(refusal.body(), refusal.status, refusal.headers)


async def refuse_by_status(_: Request, error: Exception) -> Response:
    """The answer to Starlette's own refusals: unknown addresses, wrong methods."""
    refusal = cast("HTTPException", error)
    headers = dict(refusal.headers or {})
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
    code, message = STATUS_TEXTS.get(refusal.status_code, ("BAD_REQUEST", refusal.detail))
    return JSONAnswer(error_body(code, message), refusal.status_code, headers)
