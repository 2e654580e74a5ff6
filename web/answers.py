"""The answers of the graph's endpoint as HTTP has them."""

from typing import NamedTuple

from web.negotiation import MediaType
from web.server.answers import BODILESS, HeaderLines, WholeAnswer

NO_CONTENT = 204
NOT_MODIFIED = 304
COMMON_HEADERS = (
    (b"vary", b"Accept, Authorization"),
    (b"x-content-type-options", b"nosniff"),
)
NOT_STORED = (b"cache-control", b"no-store")
TYPE_HEADERS = {
    media_type: (b"content-type", f"{media_type}; charset=utf-8".encode())
    for media_type in MediaType
}


class Answer(NamedTuple):
    """One HTTP response. Without a body it needs no media type either."""

    status: int
    body: bytes
    headers: HeaderLines
    has_validators: bool = False
    """Whether `headers` say how long to keep it; else it is not to be stored."""

    def whole(self, media_type: MediaType) -> WholeAnswer:
        """With the headers that all answers have."""
        lines = [*COMMON_HEADERS, *self.headers]
        if not self.has_validators:
            lines.append(NOT_STORED)
        if self.body:
            lines.append(TYPE_HEADERS[media_type])
        if self.status not in BODILESS:
            lines.append((b"content-length", b"%d" % len(self.body)))
        return WholeAnswer(self.status, lines, self.body)
