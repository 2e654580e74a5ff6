"""Fixtures of the parity tests: two equal worlds, both sides running on them, and tokens.

The files run in the order of their names, so that reads come before what changes the worlds: what
is made on each side has ids and cursors of its own.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from core.clock import start_of_day, system_clock
from core.ids import new_id
from core.settings import Settings, StoreAddresses
from core.stores import Stores
from models.documents import DOCUMENTS
from services.auth.access_tokens import AccessTokens, new_private_key
from tests.gateway.deployment import Deployment, free_origins, running
from tests.gateway.operations import document_of
from tests.gateway.sides import Sides
from tests.gateway.worlds import Cast, empty_twins, seed_twins

TokenOf = Callable[[str], str | None]


@pytest.fixture(scope="session")
def began() -> datetime:
    """When the session began. What is younger was made by the tests."""
    return system_clock()


@pytest.fixture(scope="session")
def twins(addresses: StoreAddresses) -> tuple[StoreAddresses, ...]:
    """The databases of the gateway's side and of the one process."""
    return empty_twins(addresses)


@pytest_asyncio.fixture(scope="session")
async def cast(opened: Stores, twins: tuple[StoreAddresses, ...], began: datetime) -> Cast:
    """Who and what is in both worlds."""
    seeded = await seed_twins(twins, start_of_day(began))
    await opened.mongo.bind(DOCUMENTS)
    return seeded


@pytest.fixture(scope="session")
def signing_key() -> str:
    return new_private_key()


@pytest.fixture(scope="session")
def token_of(signing_key: str, cast: Cast) -> TokenOf:
    """An access token of a person of the cast; `None` for "anonymous"."""
    issuer = str(Settings.model_fields["issuer"].default)
    tokens = AccessTokens(signing_key, issuer=issuer, clock=system_clock)

    def issued(name: str) -> str | None:
        if name == "anonymous":
            return None
        person = cast.people[name]
        return tokens.issue(person.key, new_id(), list(person.roles))[0]

    return issued


@pytest_asyncio.fixture(scope="session")
async def sides(
    twins: tuple[StoreAddresses, ...],
    cast: Cast,
    signing_key: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[Sides]:
    """The gateway over five processes, and the one process."""
    folder = tmp_path_factory.mktemp("gateway")
    deployment = Deployment(signing_key, *twins, folder=folder, origins=free_origins())
    async with running(deployment) as started:
        yield started


@pytest_asyncio.fixture(scope="session")
async def names(sides: Sides, cast: Cast, token_of: TokenOf) -> Mapping[str, str]:
    """What the corpus speaks of: the cast, and cursors such as `users_2`, the third of `users`."""
    document = document_of("cursors")
    answer = await sides.in_process.ask(document, cast.names, token=token_of("owner"))
    assert not answer.errors, answer.errors
    return {**cast.names, **dict(cursors_in(answer.data))}


def cursors_in(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The cursors of every list in an answer, named after the list and their number in it."""
    for name, value in data.items():
        if name == "edges" or not isinstance(value, dict):
            continue
        for index, edge in enumerate(value.get("edges", ())):
            yield f"{name}_{index}", edge["cursor"]
        yield from cursors_in(value)
