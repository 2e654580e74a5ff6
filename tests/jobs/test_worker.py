"""A worker does what is queued and what is due, survives its database, and ends in order."""

import asyncio

import pytest
from sqlalchemy import text

import jobs.queue
import jobs.worker
from core.jobs import queue
from models.jobs import Job
from models.topics import balance_topic
from services.ledger.invariants import INVARIANTS

VERIFIED = "SELECT count(*) = :number FROM ledger_checks WHERE contradictions = 0"
DONE = "SELECT count(*) = 0 FROM procrastinate_jobs"
# Other tests run beside these, on databases of their own in the same server.
LOCKS = """
    (SELECT pg_locks.* FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
     WHERE datname = current_database()) AS locks
"""
BLOCKED = f"SELECT count(*) > 0 FROM {LOCKS} WHERE NOT granted"
HAS_LEADER = f"SELECT count(*) = 1 FROM {LOCKS} WHERE locktype = 'advisory' AND granted"
SECOND = "INTERVAL '1 second'"


@pytest.fixture
def nothing_is_due(monkeypatch):
    monkeypatch.setattr(jobs.queue, "PERIODIC", ())


async def expired_hold(bank, write):
    hold = await bank.reserve(await bank.person("5"), "1")
    await write(f"UPDATE ledger_holds SET expires_at = clock_timestamp() - {SECOND}")
    return hold.id


class TestPeriodic:
    async def test_proves_the_ledger_and_expires_holds(self, working, until, bank, write):
        await expired_hold(bank, write)

        async with working():
            await until(VERIFIED, number=len(INVARIANTS))
            await until("SELECT state = 'expired' FROM ledger_holds")

    async def test_keeps_what_contradicts_an_invariant(self, working, until, write):
        await write(
            "UPDATE ledger_balances SET posted = 1 WHERE floor IS NULL AND account_id IN"
            " (SELECT id FROM ledger_accounts WHERE kind = 'suspense')"
        )

        async with working():
            await until("SELECT contradictions = 1 FROM ledger_checks WHERE invariant = 'I16'")
            await until(VERIFIED, number=len(INVARIANTS) - 3)


class TestRounds:
    async def test_seal_the_log(self, working, until, bank, monkeypatch):
        await bank.person("5")

        async with working():
            await until("SELECT count(*) = 1 FROM ledger_seals WHERE transactions = 1")

    async def test_relay_the_outbox(self, working, until, bank, stores, nothing_is_due):
        person = await bank.person("5")

        async with stores.signals.listen(balance_topic(person)) as event, working():
            await until("SELECT count(*) = 1 FROM outbox_cursors")
            hearing = asyncio.create_task(stores.signals.run())
            async with asyncio.timeout(10):
                await event.wait()
            event.clear()
            await bank.mint(person, "1")
            async with asyncio.timeout(10):
                await event.wait()
            hearing.cancel()
            await asyncio.wait([hearing])


class TestQueuedJobs:
    async def test_are_done_after_the_commit(
        self, working, until, bank, write, database, nothing_is_due
    ):
        await expired_hold(bank, write)

        async with working():
            async with database.transaction() as session:
                await queue(session, Job.EXPIRE_HOLDS, {})
                await asyncio.sleep(0.2)
                assert await bank.one("SELECT state FROM ledger_holds") == "pending"
            await until("SELECT state = 'expired' FROM ledger_holds")
            await until(DONE)

    async def test_are_tried_again_later(self, working, until, database, nothing_is_due):
        """A job that another version of the code queued, with arguments that this one lacks."""
        async with database.transaction() as session:
            await queue(session, Job.EXPIRE_HOLDS, {"unknown": 1}, queueing_lock="one")

        async with working():
            await until(
                "SELECT status = 'todo' AND attempts = 1 AND scheduled_at > clock_timestamp()"
                " FROM procrastinate_jobs"
            )

    async def test_may_be_tried_again_while_another_waits(
        self, working, until, database, bank, write, nothing_is_due
    ):
        """The one that failed must go back though another has its queueing lock by then."""
        async with database.transaction() as session:
            first = await queue(session, Job.VERIFY_LEDGER, {}, queueing_lock="one")
        async with database.transaction() as blocking:
            await blocking.execute(text("LOCK TABLE ledger_checks IN EXCLUSIVE MODE"))
            async with working():
                await until(BLOCKED)
                async with database.transaction() as session:
                    later = text("SELECT now() + INTERVAL '1 hour'")
                    at = await session.scalar(later)
                    assert await queue(session, Job.EXPIRE_HOLDS, {}, queueing_lock="one", at=at)
                await write(f"SELECT pg_cancel_backend(pid) FROM {LOCKS} WHERE NOT granted")
                await until(
                    "SELECT status = 'todo' AND attempts = 1 FROM procrastinate_jobs"
                    " WHERE id = :first",
                    first=first,
                )

    async def test_fail_for_good_after_the_last_attempt(
        self, working, until, database, write, nothing_is_due
    ):
        async with database.transaction() as session:
            await queue(session, Job.EXPIRE_HOLDS, {"unknown": 1})
        await write("UPDATE procrastinate_jobs SET attempts = 8")

        async with working():
            await until("SELECT status = 'failed' FROM procrastinate_jobs")


class TestEnd:
    async def test_finishes_what_was_begun(
        self, working, until, database, bank, write, nothing_is_due
    ):
        async with database.transaction() as session:
            await queue(session, Job.VERIFY_LEDGER, {})
        async with database.transaction() as blocking:
            await blocking.execute(text("LOCK TABLE ledger_checks IN EXCLUSIVE MODE"))
            async with working() as task:
                await until(BLOCKED)
                ending = asyncio.create_task(released(blocking))
        await ending
        await until(VERIFIED, number=len(INVARIANTS))

        assert task.done()
        assert await bank.one(DONE)

    async def test_puts_back_what_takes_too_long(
        self, working, until, database, bank, monkeypatch, nothing_is_due
    ):
        monkeypatch.setattr(jobs.worker, "FINISH_SECONDS", 0.1)
        async with database.transaction() as session:
            await queue(session, Job.VERIFY_LEDGER, {})

        async with database.transaction() as blocking:
            await blocking.execute(text("LOCK TABLE ledger_checks IN EXCLUSIVE MODE"))
            async with working():
                await until(BLOCKED)

        assert await bank.one("SELECT status = 'todo' FROM procrastinate_jobs")
        assert await bank.one("SELECT count(*) = 0 FROM procrastinate_workers")


async def released(session):
    await asyncio.sleep(0.2)
    await session.rollback()


class TestOutage:
    async def test_goes_on_after_its_connections_were_lost(
        self, working, until, database, bank, write, monkeypatch, nothing_is_due
    ):
        monkeypatch.setattr(jobs.worker, "PAUSE_SECONDS", 0.05)
        its_own = f"""
            datname = current_database() AND (application_name = 'azora-jobs' OR pid IN (
                SELECT pid FROM {LOCKS} WHERE locktype = 'advisory' AND granted))
        """

        async with working():
            await until("SELECT count(*) = 1 FROM procrastinate_workers")
            await until(HAS_LEADER)
            await write(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {its_own}")
            await bank.person("5")
            async with database.transaction() as session:
                await queue(session, Job.VERIFY_LEDGER, {})
            await until(VERIFIED, number=len(INVARIANTS))
            await until("SELECT count(*) = 1 FROM ledger_seals")
