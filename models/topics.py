"""What live clients are woken for, and what the outbox tells others of."""

from enum import StrEnum
from uuid import UUID

STATS_TOPIC = "stats"
"""A figure of the stats changed."""

PRICE_TOPIC = "price"
"""The treasury posted a price of AZR."""


def balance_topic(user_id: UUID) -> str:
    """The person's balance changed, or what holds set aside of it."""
    return f"balance:{user_id}"


def order_topic(order_id: UUID) -> str:
    """The order came into another state."""
    return f"order:{order_id}"


class OutboxTopic(StrEnum):
    """What a message of the outbox is about."""

    LEDGER_POSTED = "ledger.posted"
    ORDER_UPDATED = "order.updated"
