"""Turns what people type into a PostgreSQL text search."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Numeric, Text, bindparam, cast, column, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped

from core.statements import Statement
from resolvers.context import Context

WORDS_MAX = 8
LENGTH_MAX = 200
RELEVANCE_PLACES = 6
_WORD = re.compile(r"[^\W_]+")
# For each word that begins no known one: those most like it.
_CORRECTIONS = Statement(
    text(
        """
        SELECT typed.word, CASE WHEN length(typed.word) < 3 OR EXISTS (
            SELECT FROM search_words known
            WHERE known.word >= typed.word AND known.word < typed.word || chr(1114111)
        ) THEN '{}' ELSE search_alike(typed.word) END
        FROM unnest(:words) typed (word)
        """
    )
    .bindparams(bindparam("words", type_=ARRAY(Text())))
    .columns(column("word", Text()), column("corrected", ARRAY(Text())))
)


def words_of(typed: str) -> list[str]:
    """The words that are searched for: at most 8, of the first 200 characters."""
    return [word.lower() for word in _WORD.findall(typed[:LENGTH_MAX])[:WORDS_MAX]]


def search_query(typed: str) -> str | None:
    """The query for rows that have every typed word, or one that begins with it.

    `None` when nothing searchable was typed.
    """
    return " & ".join(f"{word}:*" for word in words_of(typed)) or None


async def forgiving_queries(context: Context, typed: Sequence[str]) -> list[str | None]:
    """Like `search_query`, for services: words that no service has mean those most like them."""
    words = list({word for each in typed for word in words_of(each)})
    found = await context.stores.database.fetch(_CORRECTIONS, {"words": words}) if words else []
    meant = {word: " | ".join(corrected) or f"{word}:*" for word, corrected in found}
    return [" & ".join(f"({meant[word]})" for word in words_of(each)) or None for each in typed]


def matches(document: ColumnElement[Any] | Mapped[Any], name: str) -> ColumnElement[bool]:
    """Rows whose `document` answers to the query in the parameter `name`."""
    return document.op("@@")(_query(name))


def relevance(document: ColumnElement[Any] | Mapped[Any], name: str) -> ColumnElement[Any]:
    """How well `document` answers that query: a number with as many places as cursors keep."""
    rank = cast(func.ts_rank(document, _query(name)), Numeric())
    return func.round(rank, RELEVANCE_PLACES, type_=Numeric()).label("relevance")


def _query(name: str) -> ColumnElement[Any]:
    return func.to_tsquery(text("'simple'"), bindparam(name, type_=Text()))
