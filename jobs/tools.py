"""What a worker holds for its jobs."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from core.database import LONG_STATEMENT_SECONDS, Database
from core.settings import Settings
from core.stores import Stores, open_stores
from models.documents import DOCUMENTS
from services.payments.providers import Providers, opened_providers


@dataclass(frozen=True, slots=True)
class Tools:
    """The stores, and a way into PostgreSQL for statements over all there is.

    `books` has the rights of whoever the address names, since the application's role may not seal.
    """

    stores: Stores
    books: Database
    seal_key: str | None
    providers: Providers


@asynccontextmanager
async def opened_tools(settings: Settings) -> AsyncGenerator[Tools]:
    """Open what `settings` name. Raises SettingsError, StoreUnavailable."""
    addresses = settings.stores()
    key = settings.ledger_seal_key
    books = Database(
        addresses.database_url, pool_size=2, statement_seconds_max=LONG_STATEMENT_SECONDS
    )
    try:
        await books.check()
        stores = await open_stores(
            addresses,
            pool_size=settings.database_pool_size,
            documents=DOCUMENTS,
            database_role=settings.database_role,
        )
        try:
            async with opened_providers(settings) as providers:
                seal_key = None if key is None else key.get_secret_value()
                yield Tools(stores, books, seal_key, providers)
        finally:
            await stores.close()
    finally:
        await books.close()
