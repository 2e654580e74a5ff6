"""Reads the parameters of a GraphQL request: `query`, `operationName`, `variables`, `extensions`.

Unknown parameters are ignored, as the GraphQL-over-HTTP draft asks.
"""

from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl

import orjson

from web.refusals import Refusal

QUERY_STRING_PARAMETERS_MAX = 50
STRING = "a string"
STRING_OR_NULL = "a string or null"
OBJECT_OR_NULL = "an object or null"
EXPECTED = (
    'Send a JSON object such as {"query": "{ __typename }", "variables": {},'
    ' "operationName": null}.'
)


class PersistedQueryUnsupported(Refusal):
    """The request has the hash of a document instead of the document.

    Apollo's clients send the text only after exactly this message, and those for phones read it
    only with a status of 2xx.
    """

    def __init__(self) -> None:
        super().__init__(200, "PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")


class Parameters(NamedTuple):
    """A well-formed GraphQL request. Whether the document is one is for the graph to say."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]


def parameters_of_body(body: bytes) -> Parameters:
    """Read the body of a POST. Refuses (400) what is not a GraphQL request in JSON."""
    if not body:
        problem = "The body is empty."
        raise _malformed(problem)
    return parameters_of(_decoded(body, "The body"))


def parameters_of_query_string(query_string: bytes) -> Parameters:
    """Read the query component of a GET, where objects are JSON text and empty means absent."""
    try:
        fields = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=QUERY_STRING_PARAMETERS_MAX,
        )
    except ValueError:
        message = "The query string is not URL-encoded UTF-8."
        raise Refusal(400, "BAD_REQUEST", message) from None
    values: dict[str, Any] = dict(fields)
    if not values.get("operationName"):
        values.pop("operationName", None)
    for name in ("variables", "extensions"):
        text = values.pop(name, "")
        if text:
            values[name] = _decoded(text, f"The parameter `{name}`")
    return parameters_of(values)


def parameters_of(value: object) -> Parameters:
    """The parameters in a JSON value. Refuses (400) wrong shapes, saying what to send.

    Raises PersistedQueryUnsupported.
    """
    if isinstance(value, list):
        problem = "Several requests in one are not served: send each by itself."
        raise _malformed(problem)
    fields = json_object(value)
    if fields is None:
        problem = "The request is not an object."
        raise _malformed(problem)
    extensions = _optional_object(fields, "extensions")
    query = fields.get("query")
    if query is None and "persistedQuery" in extensions:
        raise PersistedQueryUnsupported
    if not isinstance(query, str):
        raise _wrong_type("query", STRING)
    name = fields.get("operationName")
    if name is not None and not isinstance(name, str):
        raise _wrong_type("operationName", STRING_OR_NULL)
    return Parameters(query, name or None, _optional_object(fields, "variables"))


def json_object(value: object) -> dict[str, Any] | None:
    """`value` where it is a JSON object, whose keys are text."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _decoded(text: bytes | str, subject: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        problem = f"{subject} is not JSON in UTF-8: {error.msg}."
        raise _malformed(problem) from None


def _optional_object(fields: dict[str, Any], name: str) -> dict[str, Any]:
    if fields.get(name) is None:
        return {}
    found = json_object(fields[name])
    if found is None:
        raise _wrong_type(name, OBJECT_OR_NULL)
    return found


def _wrong_type(name: str, expected: str) -> Refusal:
    return _malformed(f"`{name}` must be {expected}.")


def _malformed(problem: str) -> Refusal:
    return Refusal(400, "BAD_REQUEST", f"{problem} {EXPECTED}")
