"""Access tokens: what is issued is read, and whatever else is refused."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from core.errors import CodedError
from core.ids import new_id
from services.auth.access_tokens import AccessTokens, new_private_key
from services.auth.viewer import Viewer

USER, SESSION = new_id(), new_id()
INVALID = "The access token is not valid. Sign in again with `login`."
EXPIRED = "The access token has expired. Get a new one with `refreshSession`."


@pytest.fixture
def token(timed_tokens):
    """A token of the person `USER`."""
    return timed_tokens.issue(USER, SESSION, ["learner", "seller"])[0]


@pytest.fixture
def forge(signing_key, token):
    """A token like ours, signed with our own key, except for what a test changes."""

    def forged(*, key=signing_key, header=None, **claims):
        parts = {**decoded(token, 0), **(header or {})}
        changed = {**decoded(token, 1), **claims}
        kept = {name: value for name, value in changed.items() if value is not None}
        signed = f"{encoded(parts)}.{encoded(kept)}"
        signature = OKPKey.import_key(key).get_op_key("sign").sign(signed.encode())
        return f"{signed}.{base64url(signature)}"

    return forged


def decoded(token, part):
    """A part of a token, without checking anything."""
    text = token.split(".")[part]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def encoded(value):
    return base64url(json.dumps(value).encode())


def base64url(value):
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def assert_refused(tokens, token, message=INVALID):
    with pytest.raises(CodedError) as refused:
        tokens.read(token)

    assert refused.value.code == "UNAUTHENTICATED"
    assert refused.value.message == message


class TestIssue:
    def test_names_the_person_the_session_and_the_roles(self, timed_tokens, watch):
        token, expires_at = timed_tokens.issue(USER, SESSION, ["learner", "seller"])

        assert timed_tokens.read(token) == Viewer(
            user_id=USER,
            session_id=SESSION,
            roles=frozenset({"learner", "seller"}),
            expires_at=expires_at,
        )
        assert expires_at == watch.now + timedelta(hours=1)

    def test_writes_the_header_and_claims_of_an_access_token(self, timed_tokens, token, watch):
        (key,) = timed_tokens.public_keys()["keys"]
        claims = decoded(token, 1)

        assert decoded(token, 0) == {"alg": "EdDSA", "typ": "at+jwt", "kid": key["kid"]}
        assert UUID(claims.pop("jti")).version == 7
        assert claims == {
            "iss": "https://azora.test",
            "aud": "azora",
            "sub": str(USER),
            "sid": str(SESSION),
            "roles": ["learner", "seller"],
            "iat": int(watch.now.timestamp()),
            "exp": int(watch.now.timestamp()) + 3600,
        }

    def test_makes_no_token_twice(self, timed_tokens):
        issued = {timed_tokens.issue(USER, SESSION, ["learner"])[0] for _ in range(10)}

        assert len(issued) == 10


class TestRead:
    def test_accepts_a_token_until_its_last_second(self, timed_tokens, token, watch):
        watch.move(minutes=59, seconds=59)

        assert timed_tokens.read(token).user_id == USER

    def test_refuses_a_token_when_its_hour_is_over(self, timed_tokens, token, watch):
        watch.move(hours=1)

        assert_refused(timed_tokens, token, EXPIRED)

    def test_accepts_what_another_worker_with_the_key_issued(self, signing_key, token, watch):
        other = AccessTokens(signing_key, issuer="https://azora.test", clock=watch)

        assert other.read(token).user_id == USER

    def test_refuses_a_token_without_a_signature(self, timed_tokens, token):
        _, claims, _ = token.split(".")
        for algorithm in ("none", "None", "NONE", ""):
            header = encoded({"alg": algorithm, "typ": "at+jwt"})

            assert_refused(timed_tokens, f"{header}.{claims}.")

    def test_refuses_a_token_signed_with_the_public_key_as_a_secret(self, timed_tokens, token):
        (public,) = timed_tokens.public_keys()["keys"]
        header = {"alg": "HS256", "typ": "at+jwt", "kid": public["kid"]}
        signed = f"{encoded(header)}.{token.split('.')[1]}"
        pem = OKPKey.import_key(public).as_pem(private=False)
        for secret in (pem, public["x"].encode(), base64.urlsafe_b64decode(public["x"] + "=")):
            signature = hmac.digest(secret, signed.encode(), "sha256")

            assert_refused(timed_tokens, f"{signed}.{base64url(signature)}")

    def test_refuses_a_token_of_another_key(self, timed_tokens, forge):
        stranger = new_private_key()
        kid = OKPKey.import_key(stranger).thumbprint()

        assert_refused(timed_tokens, forge(key=stranger))
        assert_refused(timed_tokens, forge(key=stranger, header={"kid": kid}))
        assert_refused(timed_tokens, forge(key=stranger, header={"jku": "https://evil.example"}))

    @pytest.mark.parametrize(
        "header",
        [
            {"kid": "another"},
            {"kid": ""},
            {"typ": "JWT"},
            {"typ": "refresh+jwt"},
            {"alg": "Ed25519"},
            {"alg": "none"},
            {"crit": ["exp"]},
            {"unknown": "x"},
        ],
    )
    def test_refuses_a_header_that_is_not_ours(self, timed_tokens, forge, header):
        assert_refused(timed_tokens, forge(header=header))

    def test_accepts_its_own_header(self, timed_tokens, forge):
        assert timed_tokens.read(forge()).user_id == USER

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "another"},
            {"aud": ["azora"]},
            {"aud": None},
            {"iss": "https://evil.example"},
            {"iss": None},
            {"sub": "nobody"},
            {"sub": None},
            {"sub": 7},
            {"sid": None},
            {"sid": "x"},
            {"exp": None},
            {"exp": "tomorrow"},
            {"exp": 1e300},
            {"roles": None},
            {"roles": 7},
        ],
    )
    def test_refuses_claims_that_are_not_ours(self, timed_tokens, forge, claims):
        assert_refused(timed_tokens, forge(**claims))

    def test_refuses_an_expiry_in_the_past(self, timed_tokens, forge, watch):
        assert_refused(timed_tokens, forge(exp=int(watch.now.timestamp())), EXPIRED)

    def test_refuses_a_token_with_any_bit_flipped(self, timed_tokens, token):
        for position in range(0, len(token), 7):
            flipped = chr(ord(token[position]) ^ 1)
            if flipped.isascii() and flipped.isprintable():
                changed = token[:position] + flipped + token[position + 1 :]

                assert_refused(timed_tokens, changed)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            ".",
            "..",
            "...",
            "a.b.c",
            "Bearer x",
            "é.é.é",
            "\x00",
            "x" * 10_240,
            "[" * 3000 + ".e30.AA",
            encoded([]) + ".e30.AA",
            encoded({"alg": "EdDSA"}) + ".e30.AA",
            encoded({"alg": ["EdDSA"]}) + ".e30.AA",
        ],
    )
    def test_refuses_what_is_no_token(self, timed_tokens, text):
        assert_refused(timed_tokens, text)

    def test_refuses_a_token_of_ten_kilobytes_though_it_is_signed(self, timed_tokens, forge):
        assert_refused(timed_tokens, forge(padding="x" * 10_240))

    @given(text=st.text(max_size=300))
    def test_refuses_any_other_text(self, signing_key, text):
        tokens = AccessTokens(signing_key, issuer="i", clock=lambda: datetime.now(UTC))

        assert_refused(tokens, text)


class TestPublicKeys:
    def test_verify_an_issued_token(self, timed_tokens, token):
        keys = KeySet.import_key_set(timed_tokens.public_keys())

        verified = jwt.decode(token, keys, registry=timed_tokens._registry)

        assert verified.claims["sub"] == str(USER)

    def test_have_no_private_part(self, timed_tokens):
        (key,) = timed_tokens.public_keys()["keys"]

        assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == (
            "OKP",
            "Ed25519",
            "sig",
            "EdDSA",
        )
