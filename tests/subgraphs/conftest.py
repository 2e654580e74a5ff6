"""What tests of the subgraphs share: a platform whose passwords are made once, and a world."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from structlog.typing import EventDict

from core.stores import Stores
from dev.payments import LocalProvider, running_provider
from graph.engine import Graph, Result
from models.tables import ProviderName
from resolvers.context import Context, Platform
from services.auth.access_tokens import AccessTokens, new_private_key
from services.auth.passwords import Passwords
from services.auth.viewer import Viewer
from services.payments.providers import Providers
from tests.factories import Make
from tests.shop import KEY, adapter
from tests.subgraphs.world import PASSWORD, World, make_world
from tests.watch import Watch

Tell = Callable[..., Awaitable[tuple[Result, Context]]]


@pytest.fixture(scope="session")
def passwords() -> Generator[Passwords]:
    hasher = Passwords()
    yield hasher
    hasher.close()


@pytest.fixture(scope="session")
async def providers() -> AsyncGenerator[Providers]:
    """The local provider; Stripe, which is away; and Paystack, which does not know our key."""
    local = LocalProvider(key=KEY, webhook_urls={})
    with running_provider(local):
        opened = {
            ProviderName.LOCAL: adapter(ProviderName.LOCAL, local.origin),
            ProviderName.STRIPE: adapter(ProviderName.STRIPE, "http://127.0.0.1:1"),
            ProviderName.PAYSTACK: adapter(ProviderName.PAYSTACK, local.origin, key="another-key"),
        }
        yield opened
        for provider in opened.values():
            await provider.close()


@pytest.fixture
def platform(
    stores: Stores, tokens: AccessTokens, passwords: Passwords, providers: Providers
) -> Platform:
    """What a process holds, on the test's stores."""
    return Platform.on(stores, passwords, tokens, providers)


@pytest.fixture(scope="session")
def password_hash(passwords: Passwords) -> str:
    """The hash of `PASSWORD`."""
    return passwords.hash_now(PASSWORD)


@pytest.fixture
async def world(make: Make, password_hash: str) -> World:
    return await make_world(make, password_hash=password_hash)


@pytest.fixture
def logged() -> Generator[list[EventDict]]:
    """What is logged from now on, instead of being printed."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def tell(graph: Graph, platform: Platform, watch: Watch) -> Tell:
    """Run an operation at the time of `watch`; answers with the context too, for its cookies."""
    stores = replace(platform.stores, clock=watch)
    tokens = AccessTokens(new_private_key(), issuer="https://azora.test", clock=watch)
    timed = replace(platform, stores=stores, tokens=tokens)

    async def run(
        document: str,
        viewer: Viewer = Viewer.ANONYMOUS,
        *,
        cookie: str | None = None,
        **variables: Any,
    ) -> tuple[Result, Context]:
        operation = graph.prepare(document, operation_name=None, variables=variables)
        context = timed.context(viewer=viewer, request_id="test", refresh_cookie=cookie)
        return await graph.execute(operation, context), context

    return run


@pytest.fixture
def unchanged(make: Make) -> Callable[[Awaitable[Any]], Awaitable[Any]]:
    """Proves that awaiting something changes nothing but what the ledger remembers of keys."""

    async def run(doing: Awaitable[Any]) -> Any:
        before = await make.contents()
        answer = await doing
        after = await make.contents()
        assert {**after, "ledger_keys": None} == {**before, "ledger_keys": None}
        return answer

    return run
