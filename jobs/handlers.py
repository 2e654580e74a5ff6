"""What each job does: a command of `services`. Doing it twice does no more than doing it once."""

from collections.abc import Awaitable, Callable, Mapping

from jobs.tools import Tools
from models.jobs import Job
from services.ledger import carry_out, expire_holds
from services.ledger.checks import verify

BATCHES_MAX = 100
Handler = Callable[..., Awaitable[object]]


async def verify_ledger(tools: Tools) -> None:
    """Prove the ledger, and keep what was found."""
    await verify(tools.books)


async def expire_all_holds(tools: Tools) -> None:
    """Expire batch after batch of holds that are past their time."""
    for _ in range(BATCHES_MAX):
        if await carry_out(tools.stores.database, expire_holds) == 0:
            return


# Each is called with the tools, and the arguments that the job was queued with.
HANDLERS: Mapping[Job, Handler] = {
    Job.VERIFY_LEDGER: verify_ledger,
    Job.EXPIRE_HOLDS: expire_all_holds,
}
