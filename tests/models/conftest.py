"""Fixtures of the models' tests: a database of a test's own, and the schema as it is."""

from collections.abc import AsyncGenerator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from core.settings import StoreAddresses


@pytest.fixture
async def empty_database_url(addresses: StoreAddresses) -> AsyncGenerator[str]:
    """A database beside the worker's own, gone after the test."""
    parts = urlsplit(addresses.database_url.replace("+asyncpg", ""))
    name = f"{parts.path.removeprefix('/')}_migrations"
    connection = await asyncpg.connect(urlunsplit(parts))
    await connection.execute(f'CREATE DATABASE "{name}"')
    yield urlunsplit(parts._replace(path=f"/{name}"))
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()
