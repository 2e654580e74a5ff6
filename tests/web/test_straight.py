"""The short way to the graph: its own path alone, and the same answers as by the routes."""

from starlette.types import Receive, Scope, Send

from tests.web.world import Client, ClientOf, MakeApp, post
from web.middleware.straight import Straight

NAMES = {"type": "http", "path": "/graphql", "root_path": ""}


async def taken(**changes: object) -> str:
    """Which of the two applications serves a request."""
    seen: list[str] = []

    def app(name: str):
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            del scope, receive, send
            seen.append(name)

        return serve

    straight = Straight(app("routes"), path="/graphql", endpoint=app("endpoint"))
    await straight({**NAMES, **changes}, None, None)  # type: ignore[arg-type]
    return seen[0]


class TestStraight:
    async def test_is_for_requests_to_the_path_itself(self) -> None:
        assert await taken() == "endpoint"
        assert await taken(path="/graphql/") == "routes"
        assert await taken(path="/healthz") == "routes"
        assert await taken(type="websocket") == "routes"

    async def test_leaves_mounted_applications_to_the_routes(self) -> None:
        assert await taken(root_path="/api", path="/api/graphql") == "routes"
        assert await taken(root_path="/api") == "routes"

    async def test_answers_as_the_routes_do(self, make_app: MakeApp, client_of: ClientOf) -> None:
        app = make_app()
        async with client_of(app) as client:
            short = await post(client, "{ hello }")
        routes: Client
        app.user_middleware = [each for each in app.user_middleware if each.cls is not Straight]
        app.middleware_stack = None
        async with client_of(app) as routes:
            long = await post(routes, "{ hello }")

        assert short.content == long.content
        assert short.headers.keys() == long.headers.keys()
