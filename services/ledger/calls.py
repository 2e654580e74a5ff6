"""Calls the functions of the ledger, and says in types what they refuse."""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Boolean, ColumnElement, func, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from core.database import WriteSession
from services.ledger.keys import Attempt, Key
from services.ledger.refusals import IdempotencyMismatch, PostingRefused, refusal_of

REFUSED = "AZ001"


async def call(
    session: WriteSession, function: str, attempt: Attempt, new_id: UUID
) -> dict[str, Any]:
    """The answer to an attempt; a later one under the same key gets the first one's answer.

    Raises PostingRefused, after which the transaction can only be rolled back.
    """
    key = attempt.key
    called = getattr(func, function)(
        key.scope, key.value, new_id, _json(attempt.remembered()), type_=JSONB
    )
    try:
        answer: dict[str, Any] = await run(session, called)
    except PostingRefused as refusal:
        if not isinstance(refusal, IdempotencyMismatch):
            refusal.attempt = attempt
        raise
    return answer


async def recall(session: WriteSession, key: Key) -> dict[str, Any] | None:
    """The answer that the first request under a key had. Raises PostingRefused."""
    called = func.ledger_earlier(key.scope, key.value, _json(dict(key.asked or {})), type_=JSONB)
    answer: dict[str, Any] | None = await run(session, called)
    return answer


async def run(session: WriteSession, called: ColumnElement[Any]) -> Any:
    """The answer of a function. Raises PostingRefused."""
    try:
        return await session.scalar(select(called))
    except DBAPIError as error:
        refusal = _refusal_in(error)
        if refusal is None:
            raise
        raise refusal from None


async def remember(session: WriteSession, refusal: PostingRefused) -> bool:
    """Keep a refusal as the outcome of its key; false if the key has come to another one."""
    if refusal.attempt is None:
        return True
    key = refusal.attempt.key
    outcome = {"code": refusal.code, "facts": refusal.facts}
    called = func.ledger_remember(
        key.scope, key.value, _json(refusal.attempt.remembered()), _json(outcome), type_=Boolean
    )
    return bool(await session.scalar(select(called)))


def sqlstate_of(error: DBAPIError) -> str | None:
    """PostgreSQL's code of what went wrong."""
    return getattr(_cause(error), "sqlstate", None)


def _refusal_in(error: DBAPIError) -> PostingRefused | None:
    if sqlstate_of(error) != REFUSED:
        return None
    cause: Any = _cause(error)
    return refusal_of(cause.message, orjson.loads(cause.detail))


def _cause(error: DBAPIError) -> BaseException | None:
    return error.orig.__cause__ if error.orig is not None else None


def _json(value: Any) -> ColumnElement[Any]:
    """`value` as PostgreSQL takes it for `jsonb`: ids and the like become text."""
    return type_coerce(value, JSONB)
