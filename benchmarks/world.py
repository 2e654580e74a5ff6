"""The databases that are measured: embedded servers with a seeded world, below one folder.

A folder that is kept is seeded once.
"""

import asyncio
import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from sqlalchemy import text

from cli.migrate import migrate_database
from cli.serving import environment_of
from core.clock import start_of_day, system_clock
from core.database import Database
from core.settings import Settings, read_settings
from core.stores import open_stores
from dev.embedded import Server, embedded_servers
from dev.seed import Counts, Size, is_seeded, seed
from models.documents import DOCUMENTS
from services.auth.access_tokens import new_private_key
from services.auth.passwords import Passwords

SEEDING_FILE = "seeding.json"


@dataclass(frozen=True, slots=True)
class World:
    """Seeded databases, and how a process reaches them."""

    folder: Path
    overrides: dict[str, str]
    """Settings beyond those of the environment."""
    seeding: str
    """What was loaded, and in how many seconds."""

    def settings(self, **changes: object) -> Settings:
        return read_settings(**self.overrides, **changes)

    def environment(self, **changes: object) -> dict[str, str]:
        """The settings as the environment of another process."""
        return environment_of({**self.overrides, **changes})


@contextmanager
def opened_world(folder: Path, size: Size, *, is_kept: bool, console: Console) -> Generator[World]:
    """Start the servers, bring the tables up to date, seed what is empty; stop at the end."""
    wanted = frozenset(Server)

    def say(step: str) -> None:
        console.print(step, style="dim")

    with embedded_servers(
        folder / "embedded", wanted=wanted, durable=is_kept, on_step=say
    ) as addresses:
        overrides = {
            "environment": "production",
            "database_url": str(addresses.database_url),
            "mongo_url": str(addresses.mongo_url),
            "redis_url": str(addresses.redis_url),
            "signing_key": new_private_key(),
        }
        settings = read_settings(**overrides)
        migrate_database(settings.stores().database_url)
        record = folder / SEEDING_FILE
        seeding = asyncio.run(_seed_if_empty(settings, size, console))
        if seeding is not None:
            record.write_text(json.dumps(seeding))
        yield World(folder, overrides, json.loads(record.read_text()))


async def _seed_if_empty(settings: Settings, size: Size, console: Console) -> str | None:
    """What was loaded; `None` when there was something already."""
    stores = await open_stores(settings.stores(), pool_size=2, documents=DOCUMENTS)
    passwords = Passwords()
    try:
        if await is_seeded(stores.database):
            return None
        started = time.perf_counter()
        with Progress(console=console, transient=True) as progress:
            counts = await seed(
                stores.database,
                stores.mongo,
                size=size,
                now=start_of_day(system_clock()),
                hash_password=passwords.hash_now,
                progress=progress,
            )
        await _suit_peers(stores.database)
        return _sentence(size, counts, time.perf_counter() - started)
    finally:
        passwords.close()
        await stores.close()


async def _suit_peers(database: Database) -> None:
    """Leave the reviews that everyone sees: otherwise each query of the peers had a condition more.

    PostGraphile offers the lists whose foreign key has an index of its own.
    """
    async with database.transaction() as session:
        hidden = "DELETE FROM reviews WHERE shown_at IS NULL OR buyer_id IS NOT NULL"
        await session.execute(text(hidden))
        await session.execute(text("CREATE INDEX ON reviews (service_id, created_at, id)"))


def _sentence(size: Size, counts: Counts, seconds: float) -> str:
    return f"the {size} world ({counts}) was loaded in {seconds:.1f} s"
