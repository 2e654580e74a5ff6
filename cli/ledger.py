"""Proves that the ledger is sound, and does what a clock asks of it."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from core.database import LONG_STATEMENT_SECONDS, Database
from core.settings import SettingsError, read_settings
from services.ledger import carry_out, expire_holds
from services.ledger.invariants import INVARIANTS, Finding, check_invariant
from services.ledger.sealing import Head, seal, tampering

app = typer.Typer(help="The ledger of AZR.", no_args_is_help=True)


@app.command("verify")
def verify() -> None:
    """Look for anything that contradicts the ledger's invariants. Changes nothing.

    Example: `azora ledger verify`
    """
    console = Console(highlight=False)
    if not asyncio.run(_verify(_address(), console)):
        raise typer.Exit(1)


@app.command("expire-holds")
def expire() -> None:
    """Free what holds past their time still hold. A worker does so every minute.

    Example: `azora ledger expire-holds`
    """
    ended = asyncio.run(_expire(_address()))
    Console(highlight=False).print(f"{ended:,} holds expired")


@app.command("seal")
def seal_log() -> None:
    """Sign what was posted since the last block. A worker does so every few seconds.

    Prints the block and its hash: keep them elsewhere, for `seal-check --head`.

    Example: `azora ledger seal`
    """
    current = read_settings()
    head = asyncio.run(_seal(_address(), current.seal_key()))
    Console(highlight=False).print("Nothing to seal" if head is None else str(head), soft_wrap=True)


@app.command("seal-check")
def check_seals(
    head: Annotated[
        str | None, typer.Option(help="A block and its hash, as `seal` printed them.")
    ] = None,
) -> None:
    """Name every block of the log that was changed after it was sealed.

    Example: `azora ledger seal-check`
    """
    current = read_settings()
    console = Console(highlight=False)
    found = asyncio.run(_check(_address(), current.seal_key(), head))
    for sentence in found:
        console.print(f"wrong  {sentence}", style="red", soft_wrap=True)
    if found:
        raise typer.Exit(1)
    console.print("   ok  every sealed block is as it was sealed")


async def _seal(url: str, key: str) -> Head | None:
    database = _patient(url)
    try:
        async with database.transaction() as session:
            return await seal(session, key)
    finally:
        await database.close()


async def _check(url: str, key: str, head: str | None) -> list[str]:
    database = _patient(url)
    try:
        async with database.read() as session:
            return [each async for each in tampering(session, key, known_head=head)]
    finally:
        await database.close()


def _address() -> str:
    url = read_settings().database_url
    if url is None:
        message = "AZORA_DATABASE_URL says whose ledger it is."
        raise SettingsError(message)
    return url


async def _expire(url: str) -> int:
    """Expire batch after batch; how many holds there were."""
    database = Database(url, pool_size=1)
    total = 0
    try:
        while ended := await carry_out(database, expire_holds):
            total += len(ended)
    finally:
        await database.close()
    return total


async def _verify(url: str, console: Console) -> bool:
    """Print what each invariant finds; whether all of them hold."""
    database = _patient(url)
    is_sound = True
    try:
        async with database.read() as session:
            for invariant in INVARIANTS:
                finding = await check_invariant(session, invariant)
                _print(finding, console)
                is_sound = is_sound and finding.count == 0
    finally:
        await database.close()
    return is_sound


def _patient(url: str) -> Database:
    """A connection whose statements may go over all there is."""
    return Database(url, pool_size=1, statement_seconds_max=LONG_STATEMENT_SECONDS)


def _print(finding: Finding, console: Console) -> None:
    invariant = finding.invariant
    if finding.count == 0:
        console.print(f"   ok  {invariant.name}: {invariant.truth}", soft_wrap=True)
        return
    console.print(f"wrong  {invariant.name}: {invariant.truth}", style="red", soft_wrap=True)
    for example in finding.examples:
        console.print(f"       {example}", soft_wrap=True)
    if (more := finding.count - len(finding.examples)) > 0:
        console.print(f"       and {more:,} more")
