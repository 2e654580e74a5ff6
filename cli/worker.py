"""Does what happens without a request: queued jobs, and what is due at a time."""

import asyncio
import signal
from typing import Annotated

import typer

from cli.parents import stop_with_parent
from core.money import trap_floats
from core.settings import Settings, read_settings
from core.telemetry.logging import configure_logging
from jobs.tools import opened_tools
from jobs.worker import work


def worker(
    *,
    with_parent: Annotated[
        bool, typer.Option("--stop-with-parent", help="Stop when the starting process is gone.")
    ] = False,
) -> None:
    """Do jobs and rounds on databases that are there already, until told to stop.

    Any number of workers share the jobs; one of them leads. `AZORA_LEDGER_SEAL_KEY` lets it seal.
    SIGTERM lets it finish what it began, for ten seconds at most, and puts the rest back.

    Example: `azora worker`
    """
    current = read_settings()
    current.stores()
    trap_floats()
    configure_logging(current.log_level, service="azora-worker")
    if with_parent:
        stop_with_parent()
    asyncio.run(_work(current))


async def _work(current: Settings) -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with opened_tools(current) as tools:
        await work(current, tools, until=told)
