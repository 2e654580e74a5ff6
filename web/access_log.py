"""What the endpoints add to a request's lines in the log: who asked, and for which operation."""

from structlog.contextvars import bind_contextvars

from services.auth.viewer import Viewer
from web.auth import public_user_id

# Names come from clients, and a line should stay a line.
OPERATION_NAME_LENGTH_MAX = 100


def note_viewer(viewer: Viewer) -> None:
    if viewer.user_id is not None:
        bind_contextvars(userId=public_user_id(viewer))


def note_cache(*, is_hit: bool) -> None:
    """Only the answers that may be cached have it in their line."""
    bind_contextvars(cache="hit" if is_hit else "miss")


def note_operation(name: str | None) -> None:
    if name is not None:
        bind_contextvars(operation=name[:OPERATION_NAME_LENGTH_MAX])
