"""Access tokens: JWTs signed with Ed25519, valid for one hour (RFC 9068, RFC 8725).

The algorithm is pinned: what a token's header says of itself is never believed. Links to files have
tokens of a type of their own, so that neither passes for the other.
"""

from collections.abc import Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey
from joserfc.jws import JWSRegistry

from core.clock import Clock
from core.errors import CodedError
from core.ids import new_id
from services.auth.viewer import Viewer

ALGORITHM = "EdDSA"
AUDIENCE = "azora"
TOKEN_TYPE = "at+jwt"  # noqa: S105  # the media type of access tokens, not a secret
LIFETIME = timedelta(hours=1)
LINK_TYPE = "link+jwt"
LINK_LIFETIME = timedelta(minutes=5)
LENGTH_MAX = 4096
MALFORMED = (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError)


class AccessTokens:
    """Issues and checks the access tokens of one issuer."""

    def __init__(self, private_key_pem: str, *, issuer: str, clock: Clock) -> None:
        key = OKPKey.import_key(private_key_pem)
        self._key = OKPKey.import_key(
            private_key_pem, {"use": "sig", "alg": ALGORITHM, "kid": key.thumbprint()}
        )
        self._issuer = issuer
        self._clock = clock
        self._registry = _pinned_registry()

    def issue(self, user_id: UUID, session_id: UUID, roles: list[str]) -> tuple[str, datetime]:
        """A token for one session, and when it ends."""
        claims = {"sid": str(session_id), "jti": str(new_id()), "roles": roles}
        return self._signed(TOKEN_TYPE, user_id, claims, LIFETIME)

    def issue_link(self, user_id: UUID, claims: Mapping[str, str]) -> tuple[str, datetime]:
        """A token for one file of a person, which `claims` name, and when it ends."""
        return self._signed(LINK_TYPE, user_id, claims, LINK_LIFETIME)

    def read(self, token: str) -> Viewer:
        """The person whom a token names. Raises CodedError `UNAUTHENTICATED` for any other text."""
        try:
            claims, expires_at = self._claims(TOKEN_TYPE, token)
            viewer = Viewer(
                user_id=UUID(claims["sub"]),
                session_id=UUID(claims["sid"]),
                roles=frozenset(claims["roles"]),
                expires_at=expires_at,
            )
        except MALFORMED:
            message = "The access token is not valid. Sign in again with `login`."
            raise CodedError(message, code="UNAUTHENTICATED") from None
        if expires_at <= self._clock():
            message = "The access token has expired. Get a new one with `refreshSession`."
            raise CodedError(message, code="UNAUTHENTICATED")
        return viewer

    def read_link(self, token: str) -> tuple[UUID, Mapping[str, Any]]:
        """Whose file a link leads to, and the claims that name it.

        Raises CodedError `FORBIDDEN` for any other text.
        """
        try:
            claims, expires_at = self._claims(LINK_TYPE, token)
            user_id = UUID(claims["sub"])
            if expires_at <= self._clock():
                raise ValueError(expires_at)
        except MALFORMED:
            message = "This link is not valid any more. Ask for a new one."
            raise CodedError(message, code="FORBIDDEN") from None
        return user_id, claims

    def _signed(
        self, type_: str, user_id: UUID, claims: Mapping[str, Any], lifetime: timedelta
    ) -> tuple[str, datetime]:
        now = self._clock()
        expires_at = now + lifetime
        header = {"alg": ALGORITHM, "typ": type_, "kid": self._key.kid}
        all_claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
            **claims,
        }
        return jwt.encode(header, all_claims, self._key, registry=self._registry), expires_at

    def _claims(self, type_: str, token: str) -> tuple[dict[str, Any], datetime]:
        """What a token of a type says, and when it ends. Raises one of `MALFORMED`."""
        if len(token) > LENGTH_MAX:
            raise ValueError(token[:8])
        decoded = jwt.decode(token, self._key, registry=self._registry)
        header, claims = decoded.header, decoded.claims
        if (header.get("typ"), header.get("kid")) != (type_, self._key.kid):
            raise ValueError(header)
        if (claims["iss"], claims["aud"]) != (self._issuer, AUDIENCE):
            raise ValueError(claims["iss"])
        return claims, datetime.fromtimestamp(claims["exp"], UTC)

    def public_keys(self) -> dict[str, Any]:
        """The keys that check our tokens, as a JWK set (RFC 7517)."""
        return dict(KeySet([self._key]).as_dict(private=False))


def _pinned_registry() -> JWSRegistry:
    """Knows one algorithm, under the name that clients and routers know.

    joserfc warns whenever it is used, since RFC 9864 has a newer name for it.
    """
    algorithm = copy(JWSRegistry.algorithms[ALGORITHM])
    algorithm.security_warning = None
    registry = JWSRegistry(algorithms=[ALGORITHM])
    registry.algorithms = {ALGORITHM: algorithm}
    return registry


def new_private_key() -> str:
    """A fresh Ed25519 key, in PEM."""
    return OKPKey.generate_key("Ed25519").as_pem(private=True).decode()
