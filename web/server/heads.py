"""Heads that a connection has sent before: the same bytes say the same, and are not parsed again.

Clients repeat their heads to the byte but for the body's length, so a page or an app has a few.
"""

from dataclasses import dataclass
from typing import Any

from web.server.answers import AnswerAtOnce, AtOnce

HEAD_END = b"\r\n\r\n"
HEADS_MAX = 4
"""For each connection. One that a proxy shares among its clients gains little, and costs little."""
HEAD_BYTES_MAX = 2_048


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
        scope = self.template.copy()
        scope["headers"] = scope["headers"].copy()
        scope["state"] = scope["state"].copy()
        return scope

    def ask(self, at_once: AtOnce | None) -> AnswerAtOnce | None:
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
        length = data.find(HEAD_END) + len(HEAD_END)
        head = self._heads.get(data[:length])
        if head is None or len(data) != length + head.body_length:
            return None
        return head, data[length:]

    def learn(self, data: bytes, scope: dict[str, Any], body_length: int) -> None:
        """Know the head that `data` begins with, if a body of this length is all that follows."""
        length = data.find(HEAD_END) + len(HEAD_END)
        if length > HEAD_BYTES_MAX or len(data) != length + body_length:
            return
        if len(self._heads) == HEADS_MAX:
            del self._heads[next(iter(self._heads))]
        head = self._heads[data[:length]] = Head(scope, body_length)
        head.template = head.scope()
