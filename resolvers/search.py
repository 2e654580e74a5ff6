"""Turns what people type into a PostgreSQL text search."""

import re
from typing import Any

from sqlalchemy import ColumnElement, func, literal, text
from sqlalchemy.orm import Mapped

WORDS_MAX = 8
LENGTH_MAX = 200
_WORD = re.compile(r"[^\W_]+")


def matches(document: ColumnElement[Any] | Mapped[Any], typed: str) -> ColumnElement[bool] | None:
    """Rows whose `document` has every typed word, or one that begins with it.

    `None` when nothing searchable was typed. Reads at most 8 words of 200 characters.
    """
    words = _WORD.findall(typed[:LENGTH_MAX])[:WORDS_MAX]
    if not words:
        return None
    query = " & ".join(f"{word}:*" for word in words)
    return document.op("@@")(func.to_tsquery(text("'simple'"), literal(query)))
