"""The servers that a test session runs on: started once, shared by all its workers.

Each worker has a PostgreSQL database, a MongoDB database and a Redis number of its own.
"""

import asyncio
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from core.settings import StoreAddresses
from dev.embedded import Server, embedded_servers


class TestServers:
    """Embedded servers without durability, below a folder that goes with them."""

    __test__ = False

    def __init__(self) -> None:
        self._exits = ExitStack()
        self.addresses: dict[str, str] = {}

    def start(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="azora-tests-"))
        folder.chmod(0o755)
        self._exits.callback(shutil.rmtree, folder, ignore_errors=True)
        started = self._exits.enter_context(
            embedded_servers(folder, wanted=frozenset(Server), durable=False)
        )
        self.addresses = {name: str(url) for name, url in asdict(started).items()}

    def stop(self) -> None:
        self._exits.close()


def addresses_of_worker(addresses: dict[str, str], worker: str) -> StoreAddresses:
    """The worker's own databases on the shared servers, made and empty."""
    number = 0 if worker == "master" else 1 + int(worker.removeprefix("gw"))
    name = f"azora_{worker}"
    asyncio.run(_create_database(addresses["database_url"], name))
    return StoreAddresses(
        database_url=_with_path(addresses["database_url"], name),
        mongo_url=_with_path(addresses["mongo_url"], name),
        redis_url=_with_path(addresses["redis_url"], str(number)),
    )


async def _create_database(url: str, name: str) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()


def _with_path(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))
