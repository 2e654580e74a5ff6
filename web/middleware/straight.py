"""Takes requests for the graph straight to its endpoint: routing costs as much as a cached answer.

Whatever is not exactly the endpoint's path goes the usual way, where the endpoint is a route too.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class Straight:
    """Innermost. The endpoint answers for all methods and for its own refusals."""

    def __init__(self, app: ASGIApp, *, path: str, endpoint: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._endpoint if is_straight(scope, self._path) else self._app
        await app(scope, receive, send)


def is_straight(scope: Scope, path: str) -> bool:
    """Whether a request is for exactly this path, of the application itself."""
    return scope["type"] == "http" and scope["path"] == path and not scope.get("root_path")
