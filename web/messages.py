"""The messages of graphql-transport-ws, as a client may send them, and why sockets are closed.

The protocol: PROTOCOL.md of the package graphql-ws. Whatever it does not describe is malformed.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from web.parameters import Parameters, PersistedQueryUnsupported, json_object, parameters_of
from web.refusals import Refusal

SUBPROTOCOL = "graphql-transport-ws"
CLOSE_REASON_BYTES_MAX = 123
ID_LENGTH_MAX = 256

RESTARTING = 1012
FAILED = 1011
MALFORMED = 4400
UNACKNOWLEDGED = 4401
FORBIDDEN = 4403
WRONG_SUBPROTOCOL = 4406
TIMED_OUT = 4408
DUPLICATE_ID = 4409
TOO_MANY_INITS = 4429


class SocketClosing(Exception):
    """The server ends the connection with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        # A control frame has 125 bytes, two of them for the code (RFC 6455, section 5.5).
        self.reason = reason.encode()[:CLOSE_REASON_BYTES_MAX].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class ConnectionInit:
    """The first message."""

    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for a pong with the same payload."""

    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pong:
    """The client is alive."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Starts an operation of any kind, or is refused without harm to the others."""

    id: str
    parameters: Parameters | PersistedQueryUnsupported


@dataclass(frozen=True, slots=True)
class Complete:
    """The client has stopped listening to an operation."""

    id: str


ClientMessage = ConnectionInit | Ping | Pong | Subscribe | Complete


def read_message(text: str | None) -> ClientMessage:
    """The message in a text frame. Raises SocketClosing (4400) for anything else."""
    if text is None:
        raise SocketClosing(MALFORMED, "Send text frames, not binary ones")
    try:
        message = json_object(orjson.loads(text))
    except orjson.JSONDecodeError:
        raise SocketClosing(MALFORMED, "The message is not JSON") from None
    if message is None:
        raise SocketClosing(MALFORMED, "The message is not an object")
    match message.get("type"):
        case "connection_init":
            return ConnectionInit(_optional_payload(message) or {})
        case "ping":
            return Ping(_optional_payload(message))
        case "pong":
            _optional_payload(message)
            return Pong()
        case "subscribe":
            return _subscribe(message)
        case "complete":
            return Complete(_id(message))
        case _:
            raise SocketClosing(MALFORMED, "The message has no known type")


def _subscribe(message: dict[str, Any]) -> Subscribe:
    operation_id = _id(message)
    payload = _optional_payload(message)
    if payload is None:
        raise SocketClosing(MALFORMED, "`subscribe` needs a payload")
    try:
        return Subscribe(operation_id, parameters_of(payload))
    except PersistedQueryUnsupported as refusal:
        return Subscribe(operation_id, refusal)
    except Refusal as refusal:
        raise SocketClosing(MALFORMED, refusal.message) from None


def _id(message: dict[str, Any]) -> str:
    found = message.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= ID_LENGTH_MAX:
        raise SocketClosing(MALFORMED, f"`id` must be a string of 1 to {ID_LENGTH_MAX} characters")
    return found


def _optional_payload(message: dict[str, Any]) -> dict[str, Any] | None:
    if message.get("payload") is None:
        return None
    payload = json_object(message["payload"])
    if payload is None:
        raise SocketClosing(MALFORMED, "`payload` must be an object or null")
    return payload
