"""Fixtures of every test: the real servers, empty before each test, and the graph on them."""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pymongo.monitoring
import pytest
import pytest_asyncio

from cli.migrate import migrate_database
from core.database import Database
from core.errors import StoreUnavailable
from core.money import trap_floats
from core.mongo import Mongo
from core.settings import StoreAddresses
from core.stores import Stores, open_stores
from graph.engine import Graph, Result
from graph.schema import build_composition
from models.documents import DOCUMENTS
from resolvers.context import Context, Platform
from services.auth.access_tokens import AccessTokens, new_private_key
from services.auth.passwords import Passwords
from services.auth.viewer import Viewer
from tests.counting import MongoCommands, Statements
from tests.emptying import empty_database
from tests.factories import Make
from tests.servers import TestServers, addresses_of_worker

SERVERS = TestServers()
MONGO_COMMANDS = MongoCommands()
TIMEOUT_SECONDS = 20.0
OPENINGS_MAX = 10
Ask = Callable[..., Awaitable[Result]]


def pytest_sessionstart(session: pytest.Session) -> None:
    trap_floats()
    if not hasattr(session.config, "workerinput"):
        SERVERS.start()
    pymongo.monitoring.register(MONGO_COMMANDS)


def pytest_configure_node(node: Any) -> None:
    node.workerinput["addresses"] = SERVERS.addresses


def pytest_unconfigure() -> None:
    SERVERS.stop()


@pytest.fixture(scope="session")
def addresses(request: pytest.FixtureRequest) -> StoreAddresses:
    """The worker's own databases, migrated."""
    shared = getattr(request.config, "workerinput", {}).get("addresses") or SERVERS.addresses
    worker = os.environ.get("PYTEST_XDIST_WORKER", "master")
    own = addresses_of_worker(shared, worker)
    migrate_database(own.database_url)
    return own


@pytest_asyncio.fixture(scope="session")
async def opened(addresses: StoreAddresses) -> AsyncGenerator[Stores]:
    """Stores that are open for the whole session, with patience for a busy machine."""
    with pytest.MonkeyPatch.context() as patience:
        patience.setattr("core.redis.client.HOT_PATH_SECONDS", 5.0)
        patience.setattr("core.redis.client.CONNECT_SECONDS", 5.0)
        stores = await _opened_at_last(addresses)
    yield stores
    await stores.close()


async def _opened_at_last(addresses: StoreAddresses) -> Stores:
    """MongoDB is given up on after half a second, which a busy machine may need."""
    for _ in range(OPENINGS_MAX - 1):
        with suppress(StoreUnavailable):
            return await open_stores(addresses, pool_size=10, documents=DOCUMENTS)
    return await open_stores(addresses, pool_size=10, documents=DOCUMENTS)


@pytest_asyncio.fixture
async def stores(opened: Stores) -> AsyncGenerator[Stores]:
    """The stores, empty."""
    yield opened
    await empty_database(opened.database)
    for document in DOCUMENTS:
        await document.get_pymongo_collection().delete_many({})
    await opened.redis.client.flushdb()


@pytest.fixture
def database(stores: Stores) -> Database:
    return stores.database


@pytest.fixture
def mongo(stores: Stores) -> Mongo:
    return stores.mongo


@pytest.fixture
def make(stores: Stores) -> Make:
    """Makes rows and documents, with what a test does not care about filled in."""
    return Make(stores)


@pytest.fixture(scope="session")
def tokens(opened: Stores) -> AccessTokens:
    return AccessTokens(new_private_key(), issuer="https://azora.test", clock=opened.clock)


@pytest.fixture
def platform(stores: Stores, tokens: AccessTokens) -> Platform:
    """What a process holds, on the test's stores."""
    return Platform.on(stores, Passwords(), tokens)


@pytest.fixture(scope="session")
def graph() -> Graph:
    """The composed graph."""
    return Graph(build_composition().schema, timeout_seconds=TIMEOUT_SECONDS, has_suggestions=True)


@pytest.fixture
def context(platform: Platform) -> Context:
    """The context of an anonymous operation."""
    return platform.context(viewer=Viewer.ANONYMOUS, request_id="test")


@pytest.fixture
def ask(graph: Graph, platform: Platform) -> Ask:
    """Runs an operation: the document, its viewer, and variables as keywords."""

    async def run(document: str, viewer: Viewer = Viewer.ANONYMOUS, **variables: Any) -> Result:
        operation = graph.prepare(document, operation_name=None, variables=variables)
        return await graph.execute(operation, platform.context(viewer=viewer, request_id="test"))

    return run


@pytest.fixture
def statements(stores: Stores) -> Statements:
    """Counts the SQL statements of reads, and the commands to MongoDB, from now on."""
    return Statements(stores, MONGO_COMMANDS)
