"""The answers of one level: dictionaries in the order of their parents, or what made them null."""

from collections.abc import Sequence
from typing import Any

from graph.execution.plans import Null

Answer = dict[str, Any] | Null


def place(answers: Sequence[Answer], key: str, values: Sequence[Any]) -> None:
    """Put the values of a field into the answers that are still there."""
    for answer, value in zip(answers, values, strict=True):
        if answer.__class__ is dict:
            answer[key] = value  # pyright: ignore[reportIndexIssue]  # narrowed by the class itself, which is faster


def all_null(answers: Sequence[Answer]) -> bool:
    """Whether nobody needs the rest of a level."""
    return all(answer.__class__ is Null for answer in answers)


def kill(answers: list[Answer], index: int, null: Null) -> None:
    """Make an answer null. Of several reasons, that of the first field as selected is kept."""
    known = answers[index]
    if not isinstance(known, Null) or null.position < known.position:
        answers[index] = null


def kill_those(answers: list[Answer], indices: Sequence[int], some: Sequence[Answer]) -> None:
    """Make null those of `answers` that are so in `some`, which are the same by their indices.

    Others may have been made null meanwhile: they stay so.
    """
    for index, answer in zip(indices, some, strict=True):
        if isinstance(answer, Null):
            kill(answers, index, answer)
