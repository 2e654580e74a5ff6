"""Fills the databases with a small believable world."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core.clock import start_of_day, system_clock
from core.settings import Settings, read_settings
from core.stores import Stores, open_stores
from dev.seed import Counts, Size, is_seeded, seed
from models.cache import ACTIVE_SERVICES_KEY, STATS_KEY, TOKEN_PRICE_KEY
from models.documents import DOCUMENTS
from models.subjects import Subject
from services.auth.passwords import Passwords

SEED_NUMBER = 7


def seed_world(
    size: Annotated[Size, typer.Option(help="About 200 people, or 10,000.")] = Size.SMALL,
    *,
    reset: Annotated[bool, typer.Option("--reset", help="Empty the databases first.")] = False,
    number: Annotated[
        int, typer.Option(help="The same number makes the same world.")
    ] = SEED_NUMBER,
) -> None:
    """Fill the databases of `AZORA_DATABASE_URL` and `AZORA_MONGO_URL` with a believable world.

    Example: `azora seed --size large --reset`
    """
    console = Console()
    counts = asyncio.run(_seed(read_settings(), console, size, number, is_reset=reset))
    console.print(f"Seeded: {counts}", highlight=False)


async def seed_if_empty(current: Settings, console: Console) -> None:
    """Make a small world in empty databases; leave others alone."""
    stores = await _open(current)
    try:
        has_people = await is_seeded(stores.database)
    finally:
        await stores.close()
    if not has_people:
        await _seed(current, console, Size.SMALL, SEED_NUMBER, is_reset=False)


async def _seed(
    current: Settings, console: Console, size: Size, number: int, *, is_reset: bool
) -> Counts:
    stores = await _open(current)
    passwords = Passwords()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            counts = await seed(
                stores.database,
                stores.mongo,
                size=size,
                number=number,
                now=start_of_day(system_clock()),
                hash_password=passwords.hash_now,
                is_reset=is_reset,
                progress=progress,
            )
        await stores.cache.forget(STATS_KEY, ACTIVE_SERVICES_KEY, TOKEN_PRICE_KEY)
        await stores.responses.announce(*Subject)
    finally:
        passwords.close()
        await stores.close()
    return counts


async def _open(current: Settings) -> Stores:
    return await open_stores(current.stores(), pool_size=2, documents=DOCUMENTS)
