"""`azora worker` as a process: told to stop, and killed in the middle of a job."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict

import pytest
from sqlalchemy import text

from core.jobs import queue
from core.settings import REPOSITORY
from jobs.queue import queue_of, retry_stalled
from models.jobs import Job
from services.ledger.invariants import INVARIANTS

SECONDS_MAX = 60.0
BUSY = "SELECT count(*) > 0 FROM procrastinate_jobs WHERE status = 'doing'"
VERIFIED = "SELECT count(*) = :number FROM ledger_checks WHERE contradictions = 0"


@pytest.fixture
def started(addresses):
    """A worker of its own, which is killed if it is still there at the end."""

    @contextmanager
    def run():
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AZORA_")}
        given = {f"AZORA_{name.upper()}": url for name, url in asdict(addresses).items()}
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "worker"],
            cwd=REPOSITORY,
            env={**inherited, **given},
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate(timeout=SECONDS_MAX)

    return run


@pytest.mark.xdist_group("processes")
def test_one_worker_runs_all_that_start_processes(request):
    is_grouping = getattr(request.config.option, "loadgroup", False)

    assert not is_grouping or request.node.nodeid.endswith("@processes")


@pytest.mark.xdist_group("processes")
class TestWorker:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    async def test_ends_in_order_when_it_is_told_to(self, started, until, bank, number):
        with started() as process:
            await until(VERIFIED, number=len(INVARIANTS))
            process.send_signal(number)
            _, log = await asyncio.to_thread(process.communicate, timeout=SECONDS_MAX)

        assert process.returncode == 0
        assert "Traceback" not in log
        assert await bank.one("SELECT count(*) = 0 FROM procrastinate_workers")

    async def test_leaves_its_job_to_another_when_it_is_killed(
        self, started, working, until, database, bank, write, settings, tools
    ):
        """And what the job moved is moved once."""
        hold = await bank.reserve(await bank.person("5"), "2")
        async with database.transaction() as session:
            await queue(session, Job.EXPIRE_HOLDS, {}, queueing_lock="expire-holds")
        await write("UPDATE ledger_holds SET expires_at = clock_timestamp() - INTERVAL '1 second'")
        async with database.transaction() as blocking:
            lock = "SELECT FROM ledger_balances WHERE held > 0 FOR UPDATE"
            await blocking.execute(text(lock))
            with started() as process:
                await until(BUSY)
                process.kill()
                await asyncio.to_thread(process.wait)

        assert await bank.one(BUSY)
        await write("UPDATE procrastinate_workers SET last_heartbeat = now() - INTERVAL '31 s'")
        async with queue_of(settings, tools).open_async() as app:
            assert await retry_stalled(app) > 0
            assert await retry_stalled(app) == 0
        async with working():
            await until("SELECT count(*) = 0 FROM procrastinate_jobs")

        state = await bank.one("SELECT state FROM ledger_holds WHERE id = :id", id=hold.id)
        assert state == "expired"
        assert await bank.contradictions() == []

    async def test_gives_up_a_job_that_outlived_no_worker(
        self, database, write, bank, settings, tools
    ):
        async with database.transaction() as session:
            await queue(session, Job.EXPIRE_HOLDS, {})
        await write("UPDATE procrastinate_jobs SET status = 'doing', attempts = 8")

        async with queue_of(settings, tools).open_async() as app:
            assert await retry_stalled(app) == 1

        assert await bank.one("SELECT status = 'failed' FROM procrastinate_jobs")
