"""GraphiQL, built and served from here, with one-click sign-in as a seeded person.

For development only: in production none of these addresses exists.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from resolvers.context import Platform
from web.body import read_body
from web.headers import headers_of
from web.negotiation import require_json
from web.refusals import JSONAnswer, Refusal
from web.runtime import Runtime

PATH = "/graphiql/"
BODY_BYTES_MAX = 1024
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " worker-src 'self' blob:; font-src 'self' data:; img-src 'self' data:;"
    " connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to sign in as."""

    name: str
    role: str
    email: str


@dataclass(frozen=True, slots=True)
class Demonstration:
    """The seeded people, and a sign-in for them that asks no password."""

    people: Callable[[Platform], Awaitable[Sequence[Person]]]
    sign_in: Callable[[Platform, str], Awaitable[str | None]]
    """The access token of the person with this address; None when there is none."""


def graphiql_routes(runtime: Runtime, demonstration: Demonstration | None) -> list[BaseRoute]:
    """The page at `/graphiql/` and, with a demonstration, the sign-in that it offers."""
    routes: list[BaseRoute] = [Route(PATH.rstrip("/"), _to_page)]
    if demonstration is not None:
        pages = _SignIn(runtime, demonstration)
        routes += [
            Route(f"{PATH}people", pages.people),
            Route(f"{PATH}sign-in", pages.sign_in, methods=["POST"]),
        ]
    return [*routes, Mount(PATH.rstrip("/"), Page(runtime.settings.data_folder / "graphiql"))]


class Page:
    """The built files, under a policy that lets them load nothing from elsewhere."""

    def __init__(self, folder: Path) -> None:
        self._index = folder / "index.html"
        self._files = StaticFiles(directory=folder, html=True, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not await asyncio.to_thread(self._index.is_file):
            raise Refusal(404, "NOT_FOUND", "GraphiQL is not built yet: run `make graphiql`.")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(PAGE_HEADERS)
            await send(message)

        await self._files(scope, receive, send_guarded)


class _SignIn:
    def __init__(self, runtime: Runtime, demonstration: Demonstration) -> None:
        self._runtime = runtime
        self._demonstration = demonstration

    async def people(self, _: Request) -> Response:
        people = await self._demonstration.people(self._runtime.platform)
        return JSONAnswer([asdict(person) for person in people])

    async def sign_in(self, request: Request) -> Response:
        email = await _email(request)
        token = await self._demonstration.sign_in(self._runtime.platform, email)
        if token is None:
            message = "None of the seeded people has this address; /graphiql/people lists them."
            raise Refusal(404, "NOT_FOUND", message)
        return JSONAnswer({"accessToken": token})


async def _email(request: Request) -> str:
    headers = headers_of(request.scope)
    require_json(headers.get(b"content-type", b""))
    body = await read_body(request.receive, headers, bytes_max=BODY_BYTES_MAX)
    try:
        match orjson.loads(body):
            case {"email": str(email)}:
                return email
            case _:
                pass
    except orjson.JSONDecodeError:
        pass
    raise Refusal(400, "BAD_REQUEST", 'Send {"email": "somebody@example.com"}.')


async def _to_page(_: Request) -> Response:
    return RedirectResponse(PATH, status_code=303)
