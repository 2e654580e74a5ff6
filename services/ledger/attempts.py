"""Runs a command's transaction again when it was broken off, and keeps refusals."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from random import uniform
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError

from core.database import Database, WriteSession, violated_constraint
from core.errors import StoreUnavailable
from services.ledger.calls import remember, sqlstate_of
from services.ledger.refusals import PostingRefused

ATTEMPTS_MAX = 5
PAUSE_SECONDS = 0.02
# Not serialisable, deadlock, lock not had in time: nothing was written, and the next time may do.
BROKEN_OFF = frozenset({"40001", "40P01", "55P03"})
ONCE = "uq_ledger_transactions_once"
Result = TypeVar("Result")
Change = Callable[[], AbstractAsyncContextManager[WriteSession]]


async def carry_out(
    database: Database,
    work: Callable[[WriteSession], Awaitable[Result]],
    *,
    change: Change | None = None,
) -> Result:
    """What `work` answers, in a transaction of its own that posts once.

    `change` opens that transaction, if caches are to hear of it: `partial(stores.change, ...)`.
    `work` may run several times and so does nothing outside its session. When a connection was lost
    on the way, the key of its posting tells whether it had been carried out. Post before writing to
    `users`, so that locks are taken in one order. Raises PostingRefused with all else undone and
    the refusal kept under its key, and StoreUnavailable.
    """
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            async with (change or database.transaction)() as session:
                return await work(session)
        except PostingRefused as refusal:
            # Otherwise another attempt under this key went through meanwhile: have its answer.
            if await _is_kept(database, refusal):
                raise
        except StoreUnavailable:
            if attempt == ATTEMPTS_MAX:
                raise
        except DBAPIError as error:
            if not _was_broken_off(error):
                raise
        await asyncio.sleep(uniform(0, PAUSE_SECONDS * 2**attempt))  # noqa: S311  # spreads them
    raise StoreUnavailable("PostgreSQL")


def _was_broken_off(error: DBAPIError) -> bool:
    """Whether nothing was written for a reason that will pass; then the same again may go well.

    Two accounts that claim one event share no lock: the index stops the later, who tries again and
    is refused in words.
    """
    is_second = isinstance(error, IntegrityError) and violated_constraint(error) == ONCE
    return is_second or sqlstate_of(error) in BROKEN_OFF


async def _is_kept(database: Database, refusal: PostingRefused) -> bool:
    async with database.transaction() as session:
        return await remember(session, refusal)
