"""One subgraph of the bazaar as a service: `python -m tests.gateway.bazaar_service NAME PORT`.

Requests with one request id meet one world, so that an operation finds again what it changed.
"""

import sys
from collections import OrderedDict
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from graph.engine import Graph, RequestRejected
from tests.graph.bazaar.composed import SUBGRAPHS
from tests.graph.bazaar.shared import Context, World

TIMEOUT_SECONDS = 20.0
WORLDS_MAX = 100


class Worlds(OrderedDict[str, World]):
    """The worlds of the latest requests, by request id."""

    def __missing__(self, request_id: str) -> World:
        world = self[request_id] = World()
        if len(self) > WORLDS_MAX:
            self.popitem(last=False)
        return world


def service(name: str) -> Starlette:
    """The application that answers for one subgraph."""
    graph = Graph(
        SUBGRAPHS[name].core_schema, timeout_seconds=TIMEOUT_SECONDS, has_suggestions=True
    )
    worlds = Worlds()

    async def answer(request: Request) -> Response:
        asked: dict[str, Any] = await request.json()
        try:
            operation = graph.prepare(
                asked["query"],
                operation_name=asked.get("operationName"),
                variables=asked.get("variables") or {},
            )
        except RequestRejected as rejected:
            return JSONResponse({"errors": rejected.errors})
        world = worlds[request.headers.get("x-request-id", "")]
        result = await graph.execute(operation, Context(world))
        return JSONResponse(result.body())

    async def ready(_request: Request) -> Response:
        return Response("ready")

    return Starlette(routes=[Route("/graphql", answer, methods=["POST"]), Route("/readyz", ready)])


if __name__ == "__main__":
    uvicorn.run(service(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
