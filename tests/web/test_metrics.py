"""What Prometheus reads, and who else may."""

import pytest
from prometheus_client.parser import text_string_to_metric_families as families
from sqlalchemy import text

from core.jobs import queue
from models.jobs import Job
from resolvers.context import Platform
from services.auth.access_tokens import new_private_key
from services.auth.passwords import Passwords
from services.ledger.checks import verify
from services.ledger.invariants import INVARIANTS
from services.ledger.sealing import seal
from services.outbox import live_clients, relay
from tests.services.ledger.bank import Bank
from web.metrics import METRICS

TOKEN = "metrics-token-of-at-least-32-characters"
HOUR_AGO = "clock_timestamp() - INTERVAL '1 hour'"


@pytest.fixture
def platform(stores, tokens):
    """The real one: its database is what is asked."""
    return Platform.on(stores, Passwords(), tokens)


@pytest.fixture
def read(make_app, client_of):
    async def run(token=None, **settings):
        async with client_of(make_app(**settings)) as client:
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            return await client.get("/metrics", headers=headers)

    return run


@pytest.fixture
def values(read):
    """The samples by name, and by name and label."""

    async def run():
        response = await read()
        assert response.status_code == 200
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in families(response.text)
            for sample in family.samples
        }

    return run


class TestFigures:
    async def test_are_those_of_a_platform_at_rest(self, values, database):
        await verify(database)

        found = await values()

        assert {name for name, *_ in found} == {f"azora_{name}" for name in METRICS}
        assert {found["azora_ledger_contradictions", each.name] for each in INVARIANTS} == {0}
        assert found["azora_outbox_lag_seconds", "live-clients"] == 0
        assert {found["azora_jobs", state] for state in ("todo", "doing", "failed")} == {0}

    async def test_say_what_contradicts_an_invariant(self, values, database):
        async with database.transaction() as session:
            damage = "UPDATE ledger_balances SET posted = 1 WHERE account_id = (%s)"
            suspense = "SELECT id FROM ledger_accounts WHERE kind = 'suspense'"
            await session.execute(text(damage % suspense))

        assert await verify(database) == 3

        found = await values()
        assert found["azora_ledger_contradictions", "I16"] == 1
        assert found["azora_ledger_contradictions", "I1"] == 0
        now = await Bank(database).one("SELECT extract(epoch FROM clock_timestamp())")
        assert 0 <= float(now) - found["azora_ledger_checked_timestamp_seconds",] < 60

    async def test_say_how_long_the_log_and_the_outbox_have_waited(self, values, stores):
        bank = Bank(stores.database)
        await bank.person("5")
        async with stores.database.transaction() as session:
            await session.execute(text("SET LOCAL session_replication_role = replica"))
            for table in ("outbox", "ledger_transactions"):
                await session.execute(text(f"UPDATE {table} SET created_at = {HOUR_AGO}"))
        late = await values()
        while await bank.one("SELECT count(*) = 0 FROM outbox_cursors"):
            async with stores.database.read() as session:
                await relay(session, stores.database, live_clients(stores.signals))
        while await bank.one("SELECT count(*) = 0 FROM ledger_seals"):
            async with stores.database.transaction() as session:
                await seal(session, new_private_key())

        found = await values()

        for name in (
            ("azora_outbox_lag_seconds", "live-clients"),
            ("azora_ledger_unsealed_seconds",),
        ):
            assert 3600 <= late[name] < 3700
            assert found[name] == 0

    async def test_count_jobs_and_workers(self, values, database):
        async with database.transaction() as session:
            for _ in range(3):
                await queue(session, Job.EXPIRE_HOLDS, {})
            await session.execute(text(f"UPDATE procrastinate_events SET at = {HOUR_AGO}"))
            last = "(SELECT max(id) FROM procrastinate_jobs)"
            await session.execute(
                text(f"UPDATE procrastinate_jobs SET status = 'failed' WHERE id = {last}")
            )
            await session.execute(text("SELECT procrastinate_register_worker_v1()"))

        found = await values()

        assert found["azora_jobs", "todo"] == 2
        assert found["azora_jobs", "failed"] == 1
        assert found["azora_workers",] == 1
        assert 3600 <= found["azora_jobs_overdue_seconds",] < 3700


class TestAccess:
    @pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], f"{TOKEN}x"])
    @pytest.mark.parametrize("environment", ["development", "production"])
    async def test_is_refused_to_whoever_lacks_the_token(self, read, token, environment):
        response = await read(token, environment=environment, metrics_token=TOKEN)

        assert response.status_code == 401
        assert "azora_" not in response.text

    async def test_is_given_to_whoever_has_the_token(self, read):
        response = await read(TOKEN, environment="production", metrics_token=TOKEN)

        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        assert "azora_workers 0.0" in response.text

    async def test_has_no_address_in_production_without_a_token(self, read):
        response = await read(environment="production")

        assert response.status_code == 404
