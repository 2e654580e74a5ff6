"""An order, live."""

from collections.abc import AsyncGenerator
from uuid import UUID

from models.rows import OrderRow
from models.topics import order_topic
from resolvers.context import Context
from resolvers.marketplace.orders import orders_by_id


async def order_stream(context: Context, order_id: UUID) -> AsyncGenerator[OrderRow, None]:
    """An order at once, then after each of its changes; nothing if the viewer may not see it.

    Who reads slowly gets fewer events, and always the order as it is.
    """
    seen = 0
    async with context.stores.signals.listen(order_topic(order_id)) as changed:
        while True:
            changed.clear()
            (row,) = await orders_by_id(context, [order_id])
            if row is None:
                return
            if row.version != seen:
                seen = row.version
                yield row
            await changed.wait()
