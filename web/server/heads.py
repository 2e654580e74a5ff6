"""Heads that a connection has sent before: the same bytes say the same, and are not parsed again.

Clients repeat their heads to the byte but for the body's length, so a page or an app has a few.
"""

from dataclasses import dataclass
from typing import Any

from web.server.answers import AnswerAtOnce, AnswersAtOnce

HEAD_END = b"\r\n\r\n"
HEADS_MAX = 4
"""For each connection. One that a proxy shares among its clients gains little, and costs little."""
HEAD_BYTES_MAX = 2_048
HEADERS_MAX = 64


@dataclass(slots=True, eq=False)
class Head:
    """What the parser made of a head."""

    template: dict[str, Any]
    body_length: int
    answer: AnswerAtOnce | None = None
    """What may know the answers to its requests."""
    is_asked: bool = False

    def scope(self) -> dict[str, Any]:
        """The scope of one more request."""
        return _copied(self.template)

    def ask(self, at_once: AnswersAtOnce | None) -> AnswerAtOnce | None:
        """What may answer at once; found out when the head is there for the second time."""
        if not self.is_asked:
            self.is_asked = True
            self.answer = None if at_once is None else at_once(self.template)
        return self.answer


class Heads:
    """Those of one connection, by their bytes; the oldest is forgotten first."""

    __slots__ = ("_heads",)

    def __init__(self) -> None:
        self._heads: dict[bytes, Head] = {}

    def split(self, data: bytes) -> tuple[Head, bytes] | None:
        """The head and the body of one whole request, if the head is known."""
        start, end, body = data.partition(HEAD_END)
        head = self._heads.get(start) if end else None
        return (head, body) if head is not None and len(body) == head.body_length else None

    def learn(self, data: bytes, scope: dict[str, Any], body_length: int) -> None:
        """Know the head that `data` begins with, if a body of this length is all that follows."""
        start, end, body = data.partition(HEAD_END)
        is_large = len(start) > HEAD_BYTES_MAX or len(scope["headers"]) > HEADERS_MAX
        if not end or is_large or len(body) != body_length:
            return
        if len(self._heads) == HEADS_MAX:
            del self._heads[next(iter(self._heads))]
        self._heads[start] = Head(_copied(scope), body_length)


def _copied(scope: dict[str, Any]) -> dict[str, Any]:
    """What an application may change without changing the original."""
    copied = scope.copy()
    copied["headers"] = scope["headers"].copy()
    copied["state"] = scope["state"].copy()
    return copied
