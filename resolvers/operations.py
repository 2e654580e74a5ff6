"""What operators watch: the ledger's proofs, the outbox, the queue, as the database knows them.

No figure is a process's own, so any process can tell them all. One cheap statement reads them.
"""

from typing import NamedTuple

from sqlalchemy import Float, String, column, select, text

from core.database import Database
from core.statements import Statement
from services.outbox import LIVE_CLIENTS


class Figure(NamedTuple):
    """One value of a metric, and what sets it apart from the metric's others."""

    metric: str
    label: str
    value: float


_FIGURES = Statement(
    select(column("metric", String()), column("label", String()), column("value", Float()))
    .select_from(
        text(f"""(
            SELECT 'ledger_contradictions', invariant, contradictions FROM ledger_checks
            UNION ALL
            SELECT 'ledger_checked_timestamp_seconds', '', extract(epoch FROM min(checked_at))
            FROM ledger_checks HAVING count(*) > 0
            UNION ALL
            SELECT 'ledger_unsealed_seconds', '', coalesce((
                SELECT extract(epoch FROM clock_timestamp() - posted.created_at)
                FROM ledger_transactions posted
                WHERE posted.xid >= coalesce((SELECT max(xid_until) FROM ledger_seals), 0)
                ORDER BY posted.xid LIMIT 1), 0)
            UNION ALL
            SELECT 'outbox_lag_seconds', consumer, coalesce((
                SELECT extract(epoch FROM clock_timestamp() - message.created_at)
                FROM outbox message
                WHERE (message.xid, message.id) > (
                    coalesce((SELECT xid FROM outbox_cursors known
                              WHERE known.consumer = all_of.consumer), 0),
                    coalesce((SELECT message_id FROM outbox_cursors known
                              WHERE known.consumer = all_of.consumer), 0))
                ORDER BY message.xid, message.id LIMIT 1), 0)
            FROM (VALUES ('{LIVE_CLIENTS}')) AS all_of (consumer)
            UNION ALL
            SELECT 'jobs', state, count(job.id)
            FROM (VALUES ('todo'), ('doing'), ('failed')) AS states (state)
            LEFT JOIN procrastinate_jobs job ON job.status::text = state
            GROUP BY state
            UNION ALL
            SELECT 'jobs_overdue_seconds', '', coalesce(
                extract(epoch FROM clock_timestamp() - min(coalesce(job.scheduled_at, queued.at))),
                0)
            FROM procrastinate_jobs job
            JOIN procrastinate_events queued ON queued.job_id = job.id AND queued.type = 'deferred'
            WHERE job.status = 'todo' AND coalesce(job.scheduled_at, now()) <= now()
            UNION ALL
            SELECT 'workers', '', count(*) FROM procrastinate_workers
            WHERE last_heartbeat > now() - INTERVAL '30 seconds'
        ) AS figures (metric, label, value)""")  # noqa: S608  # our own text
    )
    .order_by(column("metric"), column("label"))
)


async def figures(database: Database) -> list[Figure]:
    """Every figure, by metric. Raises StoreUnavailable when PostgreSQL is away."""
    return [Figure(*row) for row in await database.fetch(_FIGURES)]
