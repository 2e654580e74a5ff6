"""A worker: does queued jobs, and, if it leads, rounds and the relay of the outbox.

There may be any number of workers. Each part of one is started again when it fails, as all of them
do while PostgreSQL is away.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import structlog
from procrastinate import App
from procrastinate.exceptions import ConnectorException

from core.database import Database
from core.errors import StoreUnavailable
from core.leadership import leading
from core.settings import Settings
from jobs.periodic import ROUNDS, Round
from jobs.queue import queue_of, retry_stalled
from jobs.tools import Tools
from services.outbox import HANDED_AT_ONCE_MAX, live_clients, relay

JOBS_AT_ONCE = 4
# What is not done by then goes back into the queue.
FINISH_SECONDS = 10.0
HEARTBEAT_SECONDS = 10.0
PAUSE_SECONDS = 1.0
RELAY_SECONDS = 0.2
RETRY_STALLED_SECONDS = 60.0

logger = structlog.get_logger(__name__)


async def work(settings: Settings, tools: Tools, *, until: asyncio.Event) -> None:
    """Work until `until` is set, then finish what was begun or put it back, within ten seconds."""
    # Every job's start and end would be a line.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    if tools.seal_key is None:
        logger.warning("ledger_unsealed", reason="AZORA_LEDGER_SEAL_KEY is not set")
    leader = Database(settings.stores().database_url, pool_size=1, role=settings.database_role)
    try:
        async with (
            queue_of(settings, tools).open_async() as queue,
            asyncio.TaskGroup() as tasks,
        ):
            parts = [
                tasks.create_task(_kept_running(partial(_do_jobs, queue), until)),
                tasks.create_task(
                    _kept_running(partial(_lead, leader, queue, tools, until), until)
                ),
            ]
            await until.wait()
            for part in parts:
                part.cancel()
    finally:
        await leader.close()


async def _do_jobs(queue: App) -> None:
    await queue.run_worker_async(
        concurrency=JOBS_AT_ONCE,
        shutdown_graceful_timeout=FINISH_SECONDS,
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        delete_jobs="successful",
        install_signal_handlers=False,
    )


async def _lead(database: Database, queue: App, tools: Tools, until: asyncio.Event) -> None:
    """Once nobody else leads: relay the outbox, seal, and take over from workers that died."""
    own = Round("retry-stalled", RETRY_STALLED_SECONDS, lambda _: retry_stalled(queue))
    async with leading(database, "jobs") as session, asyncio.TaskGroup() as tasks:
        for each in (*ROUNDS, own):
            tasks.create_task(_go_round(each, tools, until))
        consumer = live_clients(tools.stores.signals)
        while not until.is_set():
            if await relay(session, database, consumer) < HANDED_AT_ONCE_MAX:
                await _pause(RELAY_SECONDS, until)


async def _go_round(each: Round, tools: Tools, until: asyncio.Event) -> None:
    while not until.is_set():
        try:
            await each.work(tools)
        except Exception:
            logger.exception("round_failed", round=each.name)
        await _pause(each.pause_seconds, until)


async def _pause(seconds: float, until: asyncio.Event) -> None:
    """Wait, but not when the worker ends: a library that is cancelled may swallow that."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await until.wait()


async def _kept_running(part: Callable[[], Awaitable[None]], until: asyncio.Event) -> None:
    """Start a part again when it ended, whyever it did."""
    while not until.is_set():
        try:
            await part()
        except* (StoreUnavailable, ConnectorException) as outage:
            logger.warning("worker_interrupted", reasons=[str(each) for each in outage.exceptions])
        except* Exception:
            logger.exception("worker_part_failed")
        await _pause(PAUSE_SECONDS, until)
