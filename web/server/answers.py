"""Answers on the wire, and where they come from without a request being made of what was sent."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

HeaderLines = list[tuple[bytes, bytes]]

LINE_END = b"\r\n"
BODILESS = frozenset({204, 304})
"""The statuses whose answers end with their heads (RFC 9112, section 6.3)."""
FRAMING = frozenset({b"connection", b"transfer-encoding"})


class WholeAnswer(NamedTuple):
    """One answer, with the headers that belong to it."""

    status: int
    headers: HeaderLines
    body: bytes


AnswerAtOnce = Callable[[bytes], WholeAnswer | None]
"""From a body to the answer, where that is known already; the request is then over."""
AnswersAtOnce = Callable[[Scope], AnswerAtOnce | None]
"""From a head to what may answer its requests at once; `None` where each must be looked at.

An application offers it in the state of its lifespan, under `AT_ONCE`. It is called without a
task and must neither wait nor take long, and is not asked about `HEAD`.
"""
AT_ONCE = "answer_at_once"


def on_the_wire(
    default_headers: Iterable[tuple[bytes, bytes]], answer: WholeAnswer
) -> bytes | None:
    """The bytes of an answer whose length and end are clear; `None` for any other."""
    length = b""
    lines = [STATUS_LINE[answer.status]]
    headers = [*default_headers, *answer.headers]
    for name, value in headers:
        if name in FRAMING:
            return None
        if name == b"content-length":
            length = value
        lines += (name, b": ", value, LINE_END)
    text = b"".join(lines)
    lines_expected = len(headers) + 1
    has_other_lines = text.count(b"\n") != lines_expected or text.count(b"\r") != lines_expected
    is_bodiless = answer.status in BODILESS and not answer.body and not length
    if has_other_lines or not (is_bodiless or length == b"%d" % len(answer.body)):
        return None
    return b"".join((text, LINE_END, answer.body))
