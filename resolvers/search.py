"""Turns what people type into a PostgreSQL text search."""

import re
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, func, text
from sqlalchemy.orm import Mapped

WORDS_MAX = 8
LENGTH_MAX = 200
_WORD = re.compile(r"[^\W_]+")


def search_query(typed: str) -> str | None:
    """The query for rows that have every typed word, or one that begins with it.

    `None` when nothing searchable was typed. Reads at most 8 words of 200 characters.
    """
    words = _WORD.findall(typed[:LENGTH_MAX])[:WORDS_MAX]
    return " & ".join(f"{word}:*" for word in words) or None


def matches(document: ColumnElement[Any] | Mapped[Any], name: str) -> ColumnElement[bool]:
    """Rows whose `document` answers to the query in the parameter `name`."""
    return document.op("@@")(func.to_tsquery(text("'simple'"), bindparam(name, type_=Text())))
