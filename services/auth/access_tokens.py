"""Access tokens: JWTs signed with Ed25519, valid for one hour (RFC 9068, RFC 8725).

The algorithm is pinned: what a token's header says of itself is never believed.
"""

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
LENGTH_MAX = 4096


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
        now = self._clock()
        expires_at = now + LIFETIME
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "jti": str(new_id()),
            "roles": roles,
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        header = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, registry=self._registry), expires_at

    def read(self, token: str) -> Viewer:
        """The person whom a token names. Raises CodedError `UNAUTHENTICATED` for any other text."""
        try:
            if len(token) > LENGTH_MAX:
                raise ValueError(token[:8])
            decoded = jwt.decode(token, self._key, registry=self._registry)
            header, claims = decoded.header, decoded.claims
            if (header.get("typ"), header.get("kid")) != (TOKEN_TYPE, self._key.kid):
                raise ValueError(header)
            if (claims["iss"], claims["aud"]) != (self._issuer, AUDIENCE):
                raise ValueError(claims["iss"])
            expires_at = datetime.fromtimestamp(claims["exp"], UTC)
            viewer = Viewer(
                user_id=UUID(claims["sub"]),
                session_id=UUID(claims["sid"]),
                roles=frozenset(claims["roles"]),
                expires_at=expires_at,
            )
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
            message = "The access token is not valid. Sign in again with `login`."
            raise CodedError(message, code="UNAUTHENTICATED") from None
        if expires_at <= self._clock():
            message = "The access token has expired. Get a new one with `refreshSession`."
            raise CodedError(message, code="UNAUTHENTICATED")
        return viewer

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
