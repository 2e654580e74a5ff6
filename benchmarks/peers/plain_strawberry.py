"""Strawberry's own ASGI application with DataLoaders over asyncpg, on uvicorn."""

import os
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any, Self
from uuid import UUID

import asyncpg
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

SERVICE_COLUMNS = "id, name, category, price_azr, average_rating, review_count, provider_id"
USERS = "SELECT id, handle, full_name, country_code FROM users WHERE id = ANY($1)"
REVIEWS = """
    SELECT review.id, review.rating, review.comment, review.author_id, review.service_id
      FROM unnest($1::uuid[]) AS wanted (service_id)
     CROSS JOIN LATERAL (SELECT *
                           FROM reviews
                          WHERE reviews.service_id = wanted.service_id
                          ORDER BY created_at DESC, id DESC
                          LIMIT $2) AS review
"""


class Loaders:
    """What one request has loaded."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.users = DataLoader(self._users)
        self.reviews = DataLoader(self._reviews)

    async def _users(self, ids: list[UUID]) -> list["User | None"]:
        users = {row["id"]: User.of(row) for row in await self.pool.fetch(USERS, ids)}
        return [users.get(each) for each in ids]

    async def _reviews(self, keys: list[tuple[UUID, int]]) -> list[list["Review"]]:
        found: dict[tuple[UUID, int], list[Review]] = defaultdict(list)
        for first in {first for _, first in keys}:
            ids = [service_id for service_id, each in keys if each == first]
            for row in await self.pool.fetch(REVIEWS, ids, first):
                found[row["service_id"], first].append(Review.of(row))
        return [found[key] for key in keys]


Info = strawberry.Info[Loaders, None]


@strawberry.enum
class ServiceSort(Enum):
    """The orders that the benchmark's documents ask for."""

    NEWEST = "created_at DESC, id DESC"
    PRICE_HIGH_TO_LOW = "price_sort_azr DESC, id DESC"


@strawberry.type
class User:
    """A person."""

    id: strawberry.ID
    handle: str | None
    full_name: str | None
    country_code: str | None

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        return cls(
            id=strawberry.ID(str(row["id"])),
            handle=row["handle"],
            full_name=row["full_name"],
            country_code=row["country_code"],
        )


@strawberry.type
class Review:
    """What somebody says of a service."""

    id: strawberry.ID
    rating: int
    comment: str
    author_id: strawberry.Private[UUID]

    @strawberry.field
    async def author(self, info: Info) -> User | None:
        return await info.context.users.load(self.author_id)

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        return cls(
            id=strawberry.ID(str(row["id"])),
            rating=row["rating"],
            comment=row["comment"],
            author_id=row["author_id"],
        )


@strawberry.type
class ReviewConnection:
    """A page of reviews."""

    nodes: list[Review]


@strawberry.type
class Service:
    """Something on offer."""

    key: strawberry.Private[UUID]
    provider_id: strawberry.Private[UUID | None]
    id: strawberry.ID
    name: str
    category: str | None
    price_azr: str | None
    average_rating: float | None
    review_count: int

    @strawberry.field
    async def provider(self, info: Info) -> User | None:
        return await info.context.users.load(self.provider_id) if self.provider_id else None

    @strawberry.field
    async def reviews(self, info: Info, first: int) -> ReviewConnection:
        return ReviewConnection(nodes=await info.context.reviews.load((self.key, first)))

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        price_azr = row["price_azr"]
        return cls(
            key=row["id"],
            provider_id=row["provider_id"],
            id=strawberry.ID(str(row["id"])),
            name=row["name"],
            category=row["category"],
            price_azr=None if price_azr is None else str(price_azr),
            average_rating=float(row["average_rating"]) if row["review_count"] else None,
            review_count=row["review_count"],
        )


@strawberry.type
class ServiceConnection:
    """A page of services."""

    nodes: list[Service]


@strawberry.type
class Query:
    """The fields that the benchmark's documents begin with."""

    @strawberry.field
    async def service(self, info: Info, id: strawberry.ID) -> Service | None:  # noqa: A002
        statement = f"SELECT {SERVICE_COLUMNS} FROM services WHERE id = $1"  # noqa: S608
        row = await info.context.pool.fetchrow(statement, UUID(id))
        return None if row is None else Service.of(row)

    @strawberry.field
    async def services(
        self, info: Info, first: int, sort: ServiceSort = ServiceSort.NEWEST
    ) -> ServiceConnection:
        statement = (
            f"SELECT {SERVICE_COLUMNS} FROM services WHERE is_active"  # noqa: S608
            f" ORDER BY {sort.value} LIMIT $1"
        )
        rows = await info.context.pool.fetch(statement, first)
        return ServiceConnection(nodes=[Service.of(row) for row in rows])


class Application(GraphQL[Loaders, None]):
    """Gives each request loaders of its own."""

    pool: asyncpg.Pool

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Loaders:
        del request, response
        return Loaders(self.pool)


def application() -> Starlette:
    """The server. It connects when it starts."""
    graphql = Application(strawberry.Schema(Query))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        address, size = os.environ["DATABASE_URL"], int(os.environ["POOL_SIZE"])
        async with asyncpg.create_pool(address, max_size=size) as graphql.pool:
            yield

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok")

    routes = [Route("/healthz", healthz), Route("/graphql", graphql)]
    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    options: dict[str, Any] = {"access_log": False, "log_level": "warning"}
    uvicorn.run(application(), host="127.0.0.1", port=int(os.environ["PORT"]), **options)


if __name__ == "__main__":
    main()
