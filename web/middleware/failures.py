"""The last net: what nobody answered becomes a masked 500 in JSON, logged once.

It sits inside CORS, so that a page of another origin can read the answer.
"""

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from web.middleware.requests import ANSWER_BEGAN
from web.refusals import JSONAnswer, error_body

logger = structlog.get_logger(__name__)


class Failures:
    """Answers for requests whose handling failed by a bug."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            # Nobody is left to be answered.
            return
        except Exception:
            if scope.get(ANSWER_BEGAN):
                # The server logs it and cuts the connection: half an answer cannot be mended.
                raise
            logger.exception("request_failed")
            request_id = scope["request_id"]
            message = f"Something went wrong on our side. Tell us this request id: {request_id}"
            body = error_body("INTERNAL_SERVER_ERROR", message, requestId=request_id)
            await JSONAnswer(body, 500)(scope, receive, send)
