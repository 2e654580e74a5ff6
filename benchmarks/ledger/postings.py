"""What a crowd posts on the ledger, one round trip for each posting."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from random import SystemRandom
from uuid import UUID, uuid4

import asyncpg
import orjson

from core.ids import new_id
from services import ledger
from services.ledger import Recipe

PLENTY = Decimal(1_000_000)
POST = "SELECT ledger_post('benchmark', $1, $2, $3::jsonb)"
RANDOM = SystemRandom()
Turn = Callable[[asyncpg.Connection], Awaitable[int]]


class Crowd:
    """People with plenty of AZR, and what they do: each turn answers how much it posted."""

    def __init__(self, people: list[UUID]) -> None:
        self.people = people
        self._hot = people[0]

    async def transfer(self, connection: asyncpg.Connection) -> int:
        """Between any two."""
        sender, recipient = RANDOM.sample(self.people, 2)
        return await self._sent(connection, sender, recipient)

    async def to_one(self, connection: asyncpg.Connection) -> int:
        """From anybody to one and the same."""
        return await self._sent(connection, RANDOM.choice(self.people[1:]), self._hot)

    async def sale(self, connection: asyncpg.Connection) -> int:
        """A purchase and its release, which pays the one commission account."""
        buyer, seller = RANDOM.sample(self.people, 2)
        order = {"order_id": uuid4(), "buyer_id": buyer, "seller_id": seller}
        await post(connection, ledger.open_escrow(**order, price_azr=Decimal(1)))
        release = ledger.release_escrow(**order, price_azr=Decimal(1), actor_id=None)
        await post(connection, release)
        return 2

    async def reward(self, connection: asyncpg.Connection) -> int:
        """From the one reward pool to anybody."""
        person = RANDOM.choice(self.people)
        recipe = ledger.reward(user_id=person, event_id=uuid4(), amount_azr=Decimal("0.01"))
        await post(connection, recipe)
        return 1

    async def _sent(self, connection: asyncpg.Connection, sender: UUID, recipient: UUID) -> int:
        recipe = ledger.transfer(
            sender_id=sender, recipient_id=recipient, amount_azr=Decimal("0.01")
        )
        await post(connection, recipe)
        return 1


async def post(connection: asyncpg.Connection, recipe: Recipe) -> None:
    request = orjson.dumps(recipe.request()).decode()
    await connection.execute(POST, uuid4().hex, new_id(), request)


async def measure(
    connections: list[asyncpg.Connection], turn: Turn, seconds: float
) -> tuple[float, list[float]]:
    """Postings a second, and how long each turn took in milliseconds."""
    began, postings, times = time.perf_counter(), 0, list[float]()

    async def work(connection: asyncpg.Connection) -> None:
        nonlocal postings
        while (start := time.perf_counter()) < began + seconds:
            posted = await turn(connection)
            postings += posted
            times.append(1000 * (time.perf_counter() - start))

    async with asyncio.TaskGroup() as group:
        for connection in connections:
            group.create_task(work(connection))
    return postings / (time.perf_counter() - began), times


async def opened_wallets(connection: asyncpg.Connection, count: int) -> list[UUID]:
    people = [uuid4() for _ in range(count)]
    await connection.executemany(
        "INSERT INTO users (id, email, password_hash) VALUES ($1::uuid, $1::uuid::text, '')",
        [(person,) for person in people],
    )
    await post(connection, ledger.fund_rewards(amount_azr=PLENTY, actor_id=None))
    for person in people:
        await post(connection, ledger.mint(user_id=person, amount_azr=PLENTY, actor_id=None))
    return people
