"""Who sends a request: a person with an access token, or the gateway with its credential."""

import re
from hmac import compare_digest
from typing import Any

from core.errors import CodedError
from resolvers.context import Platform
from services.auth.viewer import Viewer
from subgraphs.shared.ids import Kind, public_id
from web.headers import Headers
from web.parameters import json_object
from web.refusals import Refusal

CREDENTIAL_HEADER = b"authorization"
GATEWAY_HEADER = b"x-azora-gateway-secret"
# RFC 6750, section 2.1: the scheme in any case, then the token in its own alphabet.
_BEARER = re.compile(r"bearer +([a-z0-9._~+/-]+=*)", re.ASCII | re.IGNORECASE)


def viewer_of(headers: Headers, platform: Platform) -> Viewer:
    """The viewer of a request. Refuses (401) whatever is in `Authorization` but a valid token.

    A wrong token is never served as anonymous: the client would take what is missing for absent.
    """
    if not has_credential(headers):
        return Viewer.ANONYMOUS
    found = _BEARER.fullmatch(headers[CREDENTIAL_HEADER].decode("latin-1").strip())
    if found is None:
        message = "Send `Authorization: Bearer` and an access token, or no such header."
        raise _unauthenticated(message)
    try:
        return platform.authenticate(found[1])
    except CodedError as error:
        raise _unauthenticated(error.message) from None


def has_credential(headers: Headers) -> bool:
    """Whether a request says who sends it; without that, it is nobody's."""
    return CREDENTIAL_HEADER in headers


def public_user_id(viewer: Viewer) -> str | None:
    """The viewer's id as clients see it."""
    return public_id(Kind.USER, viewer.user_id) if viewer.user_id is not None else None


def token_of(payload: dict[str, Any]) -> str | None:
    """The access token in the payload of a WebSocket's init, wherever clients put it.

    Raises CodedError `UNAUTHENTICATED` when what is there is not even text.
    """
    for place in (payload, json_object(payload.get("headers")) or {}):
        for name in ("Authorization", "authorization", "authToken"):
            found = place.get(name)
            if isinstance(found, str) and found:
                text = found.strip()
                bearer = _BEARER.fullmatch(text)
                return bearer[1] if bearer is not None else text
            if found:
                message = f"`{name}` must be a string."
                raise CodedError(message, code="UNAUTHENTICATED")
    return None


def is_gateway(credential: object, secret: bytes) -> bool:
    """Whether `credential` is the gateway's, in a time that says nothing about the secret."""
    if isinstance(credential, str):
        credential = credential.encode("utf-8", "surrogatepass")
    return isinstance(credential, bytes) and compare_digest(credential, secret)


def require_gateway(headers: Headers, secret: bytes | None) -> None:
    """Refuse (401) requests to a subgraph that do not come from the gateway."""
    if secret is not None and not is_gateway(headers.get(GATEWAY_HEADER), secret):
        message = "This is a subgraph; only its gateway may call it."
        raise Refusal(401, "UNAUTHENTICATED", message, headers={"WWW-Authenticate": "AzoraGateway"})


def _unauthenticated(message: str) -> Refusal:
    return Refusal(401, "UNAUTHENTICATED", message, headers={"WWW-Authenticate": "Bearer"})
