"""PostgreSQL: statements for reads, and two kinds of session. Only this module commits.

Reads run in autocommit on connections that PostgreSQL itself keeps read-only: one round trip for
each statement, and a write through them is refused by the server.
"""

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import orjson
from asyncpg import exceptions as postgres_errors
from sqlalchemy import literal, make_url, select
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    TimeoutError as PoolTimeoutError,
)
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from core.errors import StoreUnavailable
from core.pool import ReadPool
from core.shared_reads import SharedReads
from core.statements import NO_PARAMETERS, Made, Statement

POOL_WAIT_SECONDS = 2.0
CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 5.0
# For proofs over all there is, which no request waits for.
LONG_STATEMENT_SECONDS = 600.0
CONNECTION_LIFE_SECONDS = 1800
# Sessions read where no request waits for many of them: at sign-in, in commands of an operator.
READ_SESSIONS_MAX = 2
ONE = Statement(select(literal(1)))


_OUTAGES = (
    postgres_errors.PostgresConnectionError,
    postgres_errors.OperatorInterventionError,
    postgres_errors.InsufficientResourcesError,
    postgres_errors.InterfaceError,
)


class ReadSession(AsyncSession):
    """Reads only. Statements see what was committed before each of them began."""


class WriteSession(AsyncSession):
    """One transaction of one command."""


class Database:
    """The connections of one process to PostgreSQL, with the rights of `role` if one is named.

    A statement that takes longer than `statement_seconds_max` is given up.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int,
        role: str | None = None,
        statement_seconds_max: float = STATEMENT_SECONDS,
    ) -> None:
        address = asyncpg_url(url)
        reading = _connection_settings(role, statement_seconds_max, is_read_only=True)
        writing = _connection_settings(role, statement_seconds_max, is_read_only=False)
        self.reads = ReadPool(
            _connect_arguments(address, reading),
            size=pool_size,
            wait_seconds=POOL_WAIT_SECONDS,
            life_seconds=CONNECTION_LIFE_SECONDS,
        )
        self._shared_reads = SharedReads(self.reads)
        reads_max = min(pool_size, READ_SESSIONS_MAX)
        self.read_engine = _engine(address, reads_max, reading, isolation_level="AUTOCOMMIT")
        self.write_engine = _engine(address, pool_size, writing)

    async def fetch(
        self, statement: Statement[Made], parameters: Mapping[str, Any] = NO_PARAMETERS
    ) -> Made:
        """What is made of the rows of one bounded read: unless its statement says otherwise, they.

        Several times as cheap as a session, and one statement for all who ask the same at once:
        nobody may change what is found.

        Raises StoreUnavailable when PostgreSQL is away.
        """
        try:
            return await self._shared_reads.fetch(statement, parameters)
        except (*_OUTAGES, OSError, TimeoutError) as error:
            raise StoreUnavailable("PostgreSQL") from error

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[ReadSession]:
        """A session for odd reads off the hot path. Raises StoreUnavailable like `fetch`."""
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
        await self.fetch(ONE)

    async def close(self) -> None:
        await self.reads.close()
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


def _connect_arguments(url: str, settings: dict[str, Any]) -> dict[str, Any]:
    """What asyncpg is called with for connections to `url`, as SQLAlchemy reads it."""
    _, arguments = asyncpg_dialect().create_connect_args(make_url(url))
    return {**arguments, **settings}


def _connection_settings(
    role: str | None, statement_seconds_max: float, *, is_read_only: bool
) -> dict[str, Any]:
    server_settings = {"timezone": "UTC", "application_name": "azora", "jit": "off"}
    if is_read_only:
        server_settings["default_transaction_read_only"] = "on"
    if role is not None:
        server_settings["role"] = role
    return {
        "timeout": CONNECT_SECONDS,
        "command_timeout": statement_seconds_max,
        "server_settings": server_settings,
    }


def _engine(url: str, pool_size: int, settings: dict[str, Any], **options: Any) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_recycle=CONNECTION_LIFE_SECONDS,
        pool_use_lifo=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args=settings,
        **options,
    )


@contextmanager
def _outages_named() -> Generator[None]:
    """Turn the driver's ways of saying "not there" into StoreUnavailable."""
    try:
        yield
    except (PoolTimeoutError, InterfaceError, OperationalError, OSError, TimeoutError) as error:
        raise StoreUnavailable("PostgreSQL") from error
    except _OUTAGES as error:
        # SQLAlchemy passes on as they are those that end a connection while it is being set up.
        raise StoreUnavailable("PostgreSQL") from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_outage(error):
            raise StoreUnavailable("PostgreSQL") from error
        raise


def _is_outage(error: DBAPIError) -> bool:
    cause = error.orig.__cause__ if error.orig is not None else None
    return isinstance(cause, _OUTAGES)
