"""The names of jobs, under which they wait in the queue."""

from enum import StrEnum


class Job(StrEnum):
    """What is done without a request: after a change, or at a time."""

    VERIFY_LEDGER = "verify-ledger"
    EXPIRE_HOLDS = "expire-holds"
    MOVE_OVERDUE_ORDERS = "move-overdue-orders"
    SHOW_DUE_REVIEWS = "show-due-reviews"
    APPLY_PAYMENT_EVENT = "apply-payment-event"
    APPLY_WAITING_EVENTS = "apply-waiting-events"
    RECONCILE_PAYMENTS = "reconcile-payments"
    RENEW_PLANS = "renew-plans"
