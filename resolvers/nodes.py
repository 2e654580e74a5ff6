"""Whether the thing that an id names exists, and whether the viewer may see it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from resolvers.ai.queries import conversations_by_id, messages_by_id
from resolvers.context import Context
from resolvers.learning.courses import courses_by_id, lessons_by_id
from resolvers.learning.enrolments import enrolments_by_id
from resolvers.marketplace.orders import orders_by_id
from resolvers.marketplace.queries import services_by_id
from resolvers.marketplace.reviews import reviews_by_id
from resolvers.tokens.payments import payments_by_id
from resolvers.tokens.queries import transactions_by_id
from resolvers.tokens.treasury import adjustments_by_id, shortfalls_by_id
from resolvers.users.queries import users_by_id

Fetch = Callable[[Context, Sequence[UUID]], Awaitable[Sequence[Any]]]

FETCH_BY_KIND: Mapping[str, Fetch] = {
    "user": users_by_id,
    "service": services_by_id,
    "review": reviews_by_id,
    "order": orders_by_id,
    "course": courses_by_id,
    "lesson": lessons_by_id,
    "enrolment": enrolments_by_id,
    "transaction": transactions_by_id,
    "adjustment": adjustments_by_id,
    "payment": payments_by_id,
    "shortfall": shortfalls_by_id,
    "conversation": conversations_by_id,
    "message": messages_by_id,
}


async def exists(context: Context, kind: str, key: UUID) -> bool:
    """Whether there is such a thing that the viewer may see. `kind` as in `FETCH_BY_KIND`."""
    loader: Any = context.loader(FETCH_BY_KIND[kind])
    return await loader.load(key) is not None
