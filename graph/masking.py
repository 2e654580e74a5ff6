"""Turns errors into what clients see. Every error has a code; unknown ones are masked, logged once.

Known: what graphql-core says of the request itself, and `CodedError`s.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from core.errors import CodedError

INTERNAL = "INTERNAL_SERVER_ERROR"
BAD_USER_INPUT = "BAD_USER_INPUT"

logger = structlog.get_logger(__name__)


def formatted_error(
    error: GraphQLError, *, request_id: str, fallback_code: str = BAD_USER_INPUT
) -> dict[str, Any]:
    """One entry of `errors`: message, locations, path, and `extensions.code`.

    `fallback_code` is for errors that graphql-core raised itself while it read the request.
    """
    cause = _cause(error)
    if isinstance(cause, CodedError):
        return _entry(error, cause.message, {"code": cause.code})
    if isinstance(cause, GraphQLError):
        code = "GRAPHQL_PARSE_FAILED" if isinstance(cause, GraphQLSyntaxError) else fallback_code
        return _entry(error, error.message, {"code": code})
    logger.error(
        "masked_error",
        requestId=request_id,
        path=error.path,
        error_type=type(cause).__name__,
        exc_info=cause,
    )
    message = f"Something went wrong on our side. Tell us this request id: {request_id}"
    return _entry(error, message, {"code": INTERNAL, "requestId": request_id})


def _cause(error: GraphQLError) -> BaseException:
    """The exception behind `error`: itself where graphql-core made it."""
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _entry(error: GraphQLError, message: str, extensions: Mapping[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"message": message}
    if error.locations is not None:
        entry["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        entry["path"] = error.path
    entry["extensions"] = dict(extensions)
    return entry
