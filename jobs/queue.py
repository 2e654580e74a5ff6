"""The queue: procrastinate on our PostgreSQL, and what it is told of every job.

It knows when a job that failed is tried again, and takes over the jobs of workers that died.
"""

from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy
from procrastinate.jobs import Status
from procrastinate.tasks import Task
from sqlalchemy import make_url

from core.settings import Settings
from jobs.handlers import HANDLERS, Handler
from jobs.periodic import PERIODIC
from jobs.tools import Tools

CONNECTIONS_MAX = 5
CONNECTION_SECONDS = 5.0
# Tried again after 3, 9, 27 seconds and so on: 3 hours in all.
ATTEMPTS_MAX = 8
RETRIES = RetryStrategy(max_attempts=ATTEMPTS_MAX, exponential_wait=3)
STALLED_SECONDS = 30
_GIVE_UP_PLACE = "UPDATE procrastinate_jobs SET queueing_lock = NULL WHERE id = %(job_id)s"

logger = structlog.get_logger(__name__)


def queue_of(settings: Settings, tools: Tools) -> App:
    """The queue with all its jobs, not open yet."""
    app = App(
        connector=PsycopgConnector(
            conninfo=libpq_url(settings.stores().database_url),
            min_size=1,
            max_size=CONNECTIONS_MAX,
            timeout=CONNECTION_SECONDS,
            kwargs={
                "connect_timeout": CONNECTION_SECONDS,
                "application_name": "azora-jobs",
                "options": f"-c role={settings.database_role} -c timezone=UTC",
            },
        )
    )
    tasks: dict[str, Task[Any, Any, Any]] = {
        job: app.task(name=job, pass_context=True, retry=RETRIES)(_doing(handler, tools))
        for job, handler in HANDLERS.items()
    }
    for each in PERIODIC:
        app.periodic(cron=each.cron, lock=each.job, queueing_lock=each.job)(tasks[each.job])
    return app


async def retry_stalled(app: App) -> int:
    """Have the jobs of workers that died done by others. Answers how many.

    procrastinate never does this by itself. A job that outlived none of its workers is given up.
    """
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        logger.warning("job_stalled", job=job.task_name, number=job.id, attempts=job.attempts)
        if job.attempts >= ATTEMPTS_MAX:
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
        else:
            await _give_up_place(app, job.id)
            await app.job_manager.retry_job(job)
    return len(stalled)


def libpq_url(url: str) -> str:
    """`url` as libpq reads it, which calls SSL by another name than asyncpg."""
    parts = make_url(url).set(drivername="postgresql")
    if ssl := parts.query.get("ssl"):
        parts = parts.difference_update_query(["ssl"]).update_query_dict({"sslmode": ssl})
    return parts.render_as_string(hide_password=False)


def _doing(handler: Handler, tools: Tools) -> Handler:
    """`handler` as procrastinate calls it: with the context and, at a time, the time."""

    async def run(context: JobContext, *, timestamp: int | None = None, **arguments: Any) -> None:
        del timestamp
        job = context.job
        if job.queueing_lock is not None:
            await _give_up_place(context.app, job.id)
        try:
            await handler(tools, **arguments)
        except Exception:
            # The last failure is procrastinate's to log.
            if job.attempts < ATTEMPTS_MAX:
                logger.exception("job_failed", job=job.task_name, number=job.id)
            raise

    return run


async def _give_up_place(app: App, job_id: int | None) -> None:
    """Let another with the same queueing lock wait: otherwise this one could not go back."""
    await app.connector.execute_query_async(_GIVE_UP_PLACE, job_id=job_id)
