"""What the endpoints add to a request's lines in the log: who asked, and for which operation."""

from structlog.contextvars import bind_contextvars

from services.auth.viewer import Viewer
from web.auth import public_user_id

LogFields = dict[str, str]

# Names come from clients, and a line should stay a line.
OPERATION_NAME_LENGTH_MAX = 100


def operation_fields(name: str | None) -> LogFields:
    return {} if name is None else {"operation": name[:OPERATION_NAME_LENGTH_MAX]}


def cache_fields(*, is_hit: bool) -> LogFields:
    """Only the answers that may be cached have it in their line."""
    return {"cache": "hit" if is_hit else "miss"}


def note(fields: LogFields) -> None:
    """Have these in all lines of the request from now on."""
    bind_contextvars(**fields)


def note_viewer(viewer: Viewer) -> None:
    if viewer.user_id is not None:
        bind_contextvars(userId=public_user_id(viewer))


def note_operation(name: str | None) -> None:
    note(operation_fields(name))
