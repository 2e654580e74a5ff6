"""What happens at a time. Whatever is needed more often than each minute is a round."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from jobs.tools import Tools
from models.jobs import Job
from services.ledger.sealing import seal

EVERY_MINUTE = "* * * * *"


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job that is queued at the times of `cron`, in UTC, unless one of it waits already."""

    job: Job
    cron: str


@dataclass(frozen=True, slots=True)
class Round:
    """What the leading worker does again and again, with a pause of `pause_seconds`."""

    name: str
    pause_seconds: float
    work: Callable[[Tools], Awaitable[object]]


async def seal_ledger(tools: Tools) -> None:
    """Sign what was posted since the last block, where this deployment's worker has the key."""
    if tools.seal_key is not None:
        async with tools.books.transaction() as session:
            await seal(session, tools.seal_key)


PERIODIC = (
    Periodic(Job.VERIFY_LEDGER, EVERY_MINUTE),
    Periodic(Job.EXPIRE_HOLDS, EVERY_MINUTE),
    Periodic(Job.MOVE_OVERDUE_ORDERS, EVERY_MINUTE),
    Periodic(Job.SHOW_DUE_REVIEWS, EVERY_MINUTE),
    Periodic(Job.APPLY_WAITING_EVENTS, EVERY_MINUTE),
    Periodic(Job.RECONCILE_PAYMENTS, EVERY_MINUTE),
    Periodic(Job.RENEW_PLANS, EVERY_MINUTE),
)
ROUNDS = (Round("seal-ledger", 5.0, seal_ledger),)
