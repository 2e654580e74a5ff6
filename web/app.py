"""The ASGI applications: the composed graph for clients, and one subgraph for its gateway."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan

from core.settings import Settings, SettingsError
from graph.engine import Graph
from subgraphs.tokens.files import STATEMENTS_PATH
from web.at_once import AtOnce
from web.caching import Responses
from web.files.statements import StatementFiles
from web.graphiql import PATH as GRAPHIQL_PATH, Demonstration, graphiql_routes
from web.graphql import GraphQLOverHTTP
from web.health import Health
from web.hooks.payments import PATH as PAYMENTS_PATH, PaymentWebhooks
from web.lifespan import OpenPlatform, serving
from web.metrics import PATH as METRICS_PATH, metrics_of
from web.middleware.cors import Cors
from web.middleware.failures import Failures
from web.middleware.requests import Requests
from web.middleware.straight import Straight
from web.refusals import Refusal, refuse, refuse_by_status
from web.runtime import Runtime
from web.server.answers import AT_ONCE
from web.sockets import SocketLimits
from web.websocket import GraphQLOverWebSocket

GRAPHQL_PATH = "/graphql"


def create_app(
    settings: Settings,
    *,
    graph: Graph,
    open_platform: OpenPlatform,
    demonstration: Demonstration | None = None,
    socket_limits: SocketLimits | None = None,
) -> Starlette:
    """The application for clients. GraphiQL and the demonstration are there in development only."""
    runtime = Runtime(
        settings,
        graph,
        socket_limits=socket_limits or SocketLimits(),
        responses=_responses(settings),
    )
    page_path = GRAPHIQL_PATH if settings.is_development else None
    endpoint = GraphQLOverHTTP(runtime, page_path=page_path)
    routes: list[BaseRoute] = [
        Route(GRAPHQL_PATH, endpoint),
        WebSocketRoute(GRAPHQL_PATH, GraphQLOverWebSocket(runtime)),
        Route(f"{STATEMENTS_PATH}/{{name}}", StatementFiles(runtime).file),
        Route(PAYMENTS_PATH, PaymentWebhooks(runtime).receive, methods=["POST"]),
        *_health_routes(runtime),
    ]
    if (metrics := metrics_of(runtime, settings)) is not None:
        routes.append(Route(METRICS_PATH, metrics.read))
    if settings.is_development:
        routes += graphiql_routes(runtime, demonstration)
    return _application(runtime, open_platform, endpoint, routes)


def create_subgraph_app(
    settings: Settings, *, graph: Graph, open_platform: OpenPlatform
) -> Starlette:
    """One subgraph as a service of its own, which serves its gateway and nobody else.

    Raises SettingsError without the secret that the gateway is known by.
    """
    if settings.gateway_secret is None:
        message = "AZORA_GATEWAY_SECRET must be set to serve a subgraph: at least 32 characters."
        raise SettingsError(message)
    secret = settings.gateway_secret.get_secret_value().encode()
    runtime = Runtime(settings, graph, gateway_secret=secret)
    endpoint = GraphQLOverHTTP(runtime)
    routes: list[BaseRoute] = [
        Route(GRAPHQL_PATH, endpoint),
        WebSocketRoute(GRAPHQL_PATH, GraphQLOverWebSocket(runtime)),
        *_health_routes(runtime),
    ]
    return _application(runtime, open_platform, endpoint, routes)


def _responses(settings: Settings) -> Responses | None:
    bytes_max = settings.response_cache_bytes_max
    return Responses(bytes_max=bytes_max) if bytes_max else None


class Application(Starlette):
    """Without Starlette's own last net: `Failures` is there, and nearer to the endpoints."""

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = ExceptionMiddleware(self.router, handlers=self.exception_handlers)
        for middleware, arguments, options in reversed(self.user_middleware):
            app = middleware(app, *arguments, **options)
        return app


def _application(
    runtime: Runtime,
    open_platform: OpenPlatform,
    endpoint: GraphQLOverHTTP,
    routes: list[BaseRoute],
) -> Starlette:
    middleware = [Middleware(Requests)]
    if runtime.settings.cors_origins:
        middleware.append(Middleware(Cors, origins=runtime.settings.cors_origins))
    middleware.append(Middleware(Failures))
    middleware.append(Middleware(Straight, path=GRAPHQL_PATH, endpoint=endpoint))
    at_once = AtOnce(endpoint, path=GRAPHQL_PATH, cors_origins=runtime.settings.cors_origins)
    app = Application(
        routes=routes,
        middleware=middleware,
        exception_handlers={HTTPException: refuse_by_status, Refusal: refuse},
        lifespan=_lifespan(runtime, open_platform, at_once),
    )
    # `/graphql/` is another address: a redirect would turn a POST with a body into two.
    app.router.redirect_slashes = False
    app.state.runtime = runtime
    app.state.sockets = runtime.sockets
    return app


def _health_routes(runtime: Runtime) -> list[BaseRoute]:
    health = Health(runtime)
    return [
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
        Route("/version", health.build),
        Route("/.well-known/jwks.json", health.keys),
    ]


def _lifespan(
    runtime: Runtime, open_platform: OpenPlatform, at_once: AtOnce
) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, AtOnce]]:
        async with serving(runtime, open_platform):
            yield {AT_ONCE: at_once}

    return lifespan
