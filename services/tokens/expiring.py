"""Frees what was set aside for too long, and tells the people whose it is."""

from functools import partial

from core.database import WriteSession
from core.stores import Stores
from models.topics import balance_topic
from services.ledger import carry_out, expire_holds


async def expire_due_holds(stores: Stores) -> int:
    """End holds past their time, some hundreds at once. Answers how many."""
    topics: list[str] = []

    async def work(session: WriteSession) -> int:
        owners = await expire_holds(session)
        topics.extend({balance_topic(owner) for owner in owners})
        return len(owners)

    return await carry_out(stores.database, work, change=partial(stores.change, topics=topics))
