"""What tests of commands share: stores whose clock is set, and one hasher of passwords."""

from collections.abc import Generator
from dataclasses import replace

import pytest

from core.stores import Stores
from services.auth.access_tokens import AccessTokens, new_private_key
from services.auth.passwords import Passwords
from tests.watch import Watch

ISSUER = "https://azora.test"


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def timed(stores: Stores, watch: Watch) -> Stores:
    """The stores, at the time that `watch` shows."""
    return replace(stores, clock=watch)


@pytest.fixture(scope="session")
def signing_key() -> str:
    return new_private_key()


@pytest.fixture
def timed_tokens(signing_key: str, watch: Watch) -> AccessTokens:
    """Access tokens, at the time that `watch` shows."""
    return AccessTokens(signing_key, issuer=ISSUER, clock=watch)


@pytest.fixture(scope="session")
def passwords() -> Generator[Passwords]:
    hasher = Passwords()
    yield hasher
    hasher.close()
