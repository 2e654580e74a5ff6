"""PostgreSQL engines and the two kinds of session. Only this module commits.

Reads run in autocommit on connections that PostgreSQL itself keeps read-only: one round trip for
each statement, and a write through them is refused by the server.
"""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import orjson
from asyncpg import exceptions as postgres_errors
from sqlalchemy import text
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    TimeoutError as PoolTimeoutError,
)
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from core.errors import StoreUnavailable

POOL_WAIT_SECONDS = 2.0
CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 5.0
CONNECTION_LIFE_SECONDS = 1800


class ReadSession(AsyncSession):
    """Reads only. Statements see what was committed before each of them began."""


class WriteSession(AsyncSession):
    """One transaction of one command."""


class Database:
    """The connections of one process to PostgreSQL."""

    def __init__(self, url: str, *, pool_size: int) -> None:
        address = asyncpg_url(url)
        self.read_engine = _engine(address, pool_size, is_read_only=True)
        self.write_engine = _engine(address, pool_size, is_read_only=False)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[ReadSession]:
        """A session for one bounded read. Raises StoreUnavailable when PostgreSQL is away."""
        with _outages_named():
            async with ReadSession(self.read_engine, expire_on_commit=False) as session:
                yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[WriteSession]:
        """A session whose changes are committed together when the block ends, or not at all.

        Raises StoreUnavailable when PostgreSQL is away.
        """
        with _outages_named():
            async with (
                WriteSession(self.write_engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                yield session

    async def check(self) -> None:
        """Return if PostgreSQL answers; raise StoreUnavailable otherwise."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.read_engine.dispose()
        await self.write_engine.dispose()


def asyncpg_url(url: str) -> str:
    """`url` with the driver that the application uses."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+asyncpg{separator}{rest}" if scheme == "postgresql" else url


def violated_constraint(error: IntegrityError) -> str | None:
    """The name of the constraint that refused a write."""
    cause = error.orig.__cause__ if error.orig is not None else None
    return getattr(cause, "constraint_name", None)


def _engine(url: str, pool_size: int, *, is_read_only: bool) -> AsyncEngine:
    server_settings = {"timezone": "UTC", "application_name": "azora", "jit": "off"}
    if is_read_only:
        server_settings["default_transaction_read_only"] = "on"
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if is_read_only else {}
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_recycle=CONNECTION_LIFE_SECONDS,
        pool_use_lifo=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={
            "timeout": CONNECT_SECONDS,
            "command_timeout": STATEMENT_SECONDS,
            "server_settings": server_settings,
        },
        **options,
    )


@contextmanager
def _outages_named() -> Generator[None]:
    """Turn the driver's ways of saying "not there" into StoreUnavailable."""
    try:
        yield
    except (PoolTimeoutError, InterfaceError, OperationalError, OSError, TimeoutError) as error:
        raise StoreUnavailable("PostgreSQL") from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_outage(error):
            raise StoreUnavailable("PostgreSQL") from error
        raise


def _is_outage(error: DBAPIError) -> bool:
    cause = error.orig.__cause__ if error.orig is not None else None
    return isinstance(
        cause,
        postgres_errors.PostgresConnectionError
        | postgres_errors.OperatorInterventionError
        | postgres_errors.InsufficientResourcesError
        | postgres_errors.InterfaceError,
    )
