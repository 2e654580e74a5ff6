"""Purchases through GraphQL: `placeOrder` over HTTP, durable, one worker, each with a new key."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from uuid import UUID, uuid4

import asyncpg
import orjson
from rich.console import Console

from benchmarks.exchange import GRAPHQL_PATH, HOST
from benchmarks.ledger.postings import PLENTY, post
from benchmarks.servers import azora_serve
from benchmarks.world import World, opened_world
from core.clock import system_clock
from core.ids import encode_id
from dev.seed import Size
from services import ledger
from services.auth.access_tokens import AccessTokens

BUYERS = 16
DOCUMENT = """mutation ($input: PlaceOrderInput!) {
    placeOrder(input: $input) { __typename ... on OrderPayload { order { id state } } }
}"""
RANDOM = SystemRandom()


@dataclass(frozen=True, slots=True)
class Bought:
    """What was bought: orders a second, and how long each took in milliseconds."""

    rate: float
    times_ms: list[float]


def measure_purchases(folder: Path, seconds: float) -> Bought:
    """Let sixteen people buy whatever is on offer, on a small world of its own."""
    console = Console(stderr=True)
    with (
        opened_world(folder, Size.SMALL, is_kept=True, console=console) as world,
        azora_serve(world) as azora,
    ):
        return asyncio.run(_buy(world, azora.port, seconds))


async def _buy(world: World, port: int, seconds: float) -> Bought:
    connection = await asyncpg.connect(str(world.settings().database_url).replace("+asyncpg", ""))
    priced = "SELECT id FROM services WHERE is_active AND price_azr IS NOT NULL"
    offers = [id_ for (id_,) in await connection.fetch(priced)]
    buyers = await connection.fetch(
        "SELECT id FROM users WHERE id <> ALL (SELECT provider_id FROM services) LIMIT $1", BUYERS
    )
    for (buyer,) in buyers:
        recipe = ledger.mint(user_id=buyer, amount_azr=PLENTY, actor_id=None)
        await post(connection, recipe)
    await connection.close()
    settings = world.settings()
    tokens = AccessTokens(settings.private_key(), issuer=settings.issuer, clock=system_clock)
    ends_at, times = time.perf_counter() + seconds, list[float]()
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for (buyer,) in buyers:
            token, _ = tokens.issue(buyer, uuid4(), [])
            group.create_task(_keep_buying(port, token, offers, ends_at, times))
    return Bought(len(times) / (time.perf_counter() - began), times)


async def _keep_buying(
    port: int, token: str, services: list[UUID], ends_at: float, times: list[float]
) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    while (start := time.perf_counter()) < ends_at:
        writer.write(_request(token, RANDOM.choice(services)))
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        body = orjson.loads(await reader.readexactly(int(length.partition(b":")[2])))
        if body["data"]["placeOrder"]["__typename"] != "OrderPayload":
            message = f"Nothing was bought: {body}"
            raise RuntimeError(message)
        times.append(1000 * (time.perf_counter() - start))
    writer.close()


def _request(token: str, service_id: UUID) -> bytes:
    asked = {"serviceId": encode_id("svc", service_id), "idempotencyKey": uuid4().hex}
    body = orjson.dumps({"query": DOCUMENT, "variables": {"input": asked}})
    head = (
        f"POST {GRAPHQL_PATH} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
