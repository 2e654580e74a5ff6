"""Queues a job in the caller's transaction: it is there if, and only if, the change is.

Jobs are procrastinate's; its own client would need a connection, and so a transaction, of its own.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import TIMESTAMP, String, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError

from core.database import WriteSession, violated_constraint

QUEUE = "default"
WAITING = "procrastinate_jobs_queueing_lock_idx_v1"
_DEFER = text(
    """
    SELECT (procrastinate_defer_jobs_v1(ARRAY[ROW(
        :queue, :job, 0, :lock, :queueing_lock, :arguments, :at
    )::procrastinate_job_to_defer_v1]))[1]
    """
).bindparams(
    *(bindparam(name, type_=String()) for name in ("queue", "job", "lock", "queueing_lock")),
    bindparam("arguments", type_=JSONB()),
    bindparam("at", type_=TIMESTAMP(timezone=True)),
)


async def queue(
    session: WriteSession,
    job: StrEnum,
    arguments: Mapping[str, Any],
    *,
    lock: str | None = None,
    queueing_lock: str | None = None,
    at: datetime | None = None,
) -> int | None:
    """Have a job done after the commit, not before `at`. Answers its number.

    `arguments` are what JSON knows. Jobs with one `lock` are done one at a time, in their order. Of
    those with one `queueing_lock` one waits at a time: `None` says that there is one already.
    """
    values = {
        "queue": QUEUE,
        "job": job.value,
        "lock": lock,
        "queueing_lock": queueing_lock,
        "arguments": dict(arguments),
        "at": at,
    }
    try:
        async with session.begin_nested():
            number: int = await session.scalar(_DEFER, values)
    except IntegrityError as error:
        if violated_constraint(error) == WAITING:
            return None
        raise
    return number
