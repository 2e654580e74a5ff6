"""What each job does: a command of `services`. Doing it twice does no more than doing it once."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from core.stores import Stores
from jobs.tools import Tools
from models.jobs import Job
from services.ledger.checks import verify
from services.marketplace.orders.clock import move_overdue_orders
from services.marketplace.reviews import show_due_reviews
from services.payments.events import apply_payment_event, apply_waiting_events
from services.payments.reconciling import reconcile_payments
from services.payments.renewals import renew_plans
from services.tokens.expiring import expire_due_holds

BATCHES_MAX = 100
Handler = Callable[..., Awaitable[object]]


async def verify_ledger(tools: Tools) -> None:
    """Prove the ledger, and keep what was found."""
    await verify(tools.books)


def in_batches(command: Callable[[Stores], Awaitable[int]]) -> Handler:
    """Batch after batch, each of which answers how much it did, until nothing is left for now."""

    async def handle(tools: Tools) -> None:
        for _ in range(BATCHES_MAX):
            if await command(tools.stores) == 0:
                return

    return handle


async def apply_event(tools: Tools, *, event_id: str) -> None:
    """Let what a payment provider told have its effect."""
    await apply_payment_event(tools.stores, UUID(event_id))


async def apply_events(tools: Tools) -> None:
    """Apply what providers told too early."""
    await apply_waiting_events(tools.stores)


async def reconcile(tools: Tools) -> None:
    """Ask providers about payments of which they told nothing."""
    await reconcile_payments(tools.stores, tools.providers)


async def renew(tools: Tools) -> None:
    """Renew, retry or end the plans that are due."""
    await renew_plans(tools.stores, tools.providers)


# Each is called with the tools, and the arguments that the job was queued with.
HANDLERS: Mapping[Job, Handler] = {
    Job.VERIFY_LEDGER: verify_ledger,
    Job.EXPIRE_HOLDS: in_batches(expire_due_holds),
    Job.MOVE_OVERDUE_ORDERS: in_batches(move_overdue_orders),
    Job.SHOW_DUE_REVIEWS: in_batches(show_due_reviews),
    Job.APPLY_PAYMENT_EVENT: apply_event,
    Job.APPLY_WAITING_EVENTS: apply_events,
    Job.RECONCILE_PAYMENTS: reconcile,
    Job.RENEW_PLANS: renew,
}
