"""The queue knows every job, and where its database is."""

import pytest
from croniter import croniter

from jobs.handlers import HANDLERS
from jobs.periodic import PERIODIC
from jobs.queue import libpq_url, queue_of
from models.jobs import Job


class TestQueue:
    def test_knows_every_job(self, settings, tools):
        assert set(HANDLERS) == set(Job)
        assert set(Job) <= set(queue_of(settings, tools).tasks)

    def test_knows_what_is_due_when(self, settings, tools):
        due = {task for task, _ in queue_of(settings, tools).periodic_registry.periodic_tasks}

        assert due == {each.job for each in PERIODIC}
        assert all(croniter.is_valid(each.cron) for each in PERIODIC)


class TestLibpqUrl:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("postgresql+asyncpg://a:p%40ss@h:5432/azora", "postgresql://a:p%40ss@h:5432/azora"),
            (
                "postgresql://a@h/azora?ssl=verify-full",
                "postgresql://a@h/azora?sslmode=verify-full",
            ),
            (
                "postgresql:///azora?host=/run/postgresql",
                "postgresql:///azora?host=%2Frun%2Fpostgresql",
            ),
        ],
    )
    def test_is_what_libpq_understands(self, url, expected):
        assert libpq_url(url) == expected
