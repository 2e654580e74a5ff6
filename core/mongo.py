"""The connection to MongoDB, and Beanie's documents bound to it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from beanie import Document, init_beanie
from pymongo import AsyncMongoClient
from pymongo.errors import ConnectionFailure, ExecutionTimeout

from core.errors import StoreUnavailable

# Faster than the driver's 30 s: a reader would be gone long before (notes on faults, F10).
SELECT_MILLISECONDS = 500
POOL_WAIT_MILLISECONDS = 2000
# Not the driver's `timeoutMS`, which would make the search for a server as long as itself.
REPLY_MILLISECONDS = 5000
DATABASE_NAME = "azora"


class Mongo:
    """The connections of one process to MongoDB."""

    def __init__(self, url: str) -> None:
        self.client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
            url,
            serverSelectionTimeoutMS=SELECT_MILLISECONDS,
            connectTimeoutMS=SELECT_MILLISECONDS,
            waitQueueTimeoutMS=POOL_WAIT_MILLISECONDS,
            socketTimeoutMS=REPLY_MILLISECONDS,
            uuidRepresentation="standard",
            tz_aware=True,
        )
        self.database = self.client.get_default_database(DATABASE_NAME)

    async def bind(self, documents: Sequence[type[Document]]) -> None:
        """Make `documents` usable and their indexes exist. Raises StoreUnavailable."""
        async with self.reading():
            await init_beanie(database=self.database, document_models=list(documents))

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[None]:
        """Name outages inside the block: raises StoreUnavailable when MongoDB is away."""
        try:
            yield
        except (ConnectionFailure, ExecutionTimeout) as error:
            raise StoreUnavailable("MongoDB") from error

    async def check(self) -> None:
        """Return if MongoDB answers; raise StoreUnavailable otherwise."""
        async with self.reading():
            await self.client.admin.command("ping")

    async def close(self) -> None:
        await self.client.close()
