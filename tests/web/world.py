"""A small graph and a platform without stores, for tests of the edge alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import httpx2
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)
from starlette.applications import Starlette

from core.errors import CodedError, StoreUnavailable
from core.ids import encode_id
from core.redis.client import RedisStore
from core.redis.pubsub import PubSub
from core.redis.responses import SharedResponses
from core.settings import Settings, read_settings
from graph.engine import Graph
from resolvers.context import Context, CookieChange, Platform
from services.auth.viewer import Viewer

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
AMARA = UUID("01930d4e-8a5b-7c3d-9e1f-2a3b4c5d6e7f")
AMARA_ID = encode_id("usr", AMARA)
GATEWAY_SECRET = "gateway-secret-of-at-least-32-characters"
INVALID = "The access token is not valid."
FORBIDDEN = "That is not for you."
WEEK_SECONDS = 604_800
CLOSED = "redis://127.0.0.1:1/0"
CLOSED_STORE = RedisStore(CLOSED)
JWKS = {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "abc"}]}

Client = httpx2.AsyncClient
MakeApp = Callable[..., Starlette]
ClientOf = Callable[[Starlette], AbstractAsyncContextManager[Client]]


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class FakePresence:
    """Remembers who came and went."""

    online: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def mark(self, member: str) -> None:
        self.marks.append(member)
        if member not in self.online:
            self.online.append(member)
        self.changed.set()

    async def leave(self, member: str) -> None:
        self.online.remove(member)
        self.changed.set()

    async def until(self, condition: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition(self.online):
                self.changed.clear()
                await self.changed.wait()


@dataclass
class Streams:
    """What the subscriptions of the fake graph did, for tests to wait for."""

    opened: int = 0
    closed: int = 0
    produced: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, **changes: int) -> None:
        for name, change in changes.items():
            setattr(self, name, getattr(self, name) + change)
        self.changed.set()

    async def until(self, condition: Callable[["Streams"], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition(self):
                self.changed.clear()
                await self.changed.wait()


class FakePlatform:
    """Everything the edge asks of a platform, and knobs for what it answers."""

    def __init__(self) -> None:
        self.presence = FakePresence()
        self.streams = Streams()
        self.tokens: dict[str, Viewer] = {
            "amara-token": Viewer(user_id=AMARA, expires_at=now() + timedelta(hours=1)),
        }
        self.stores = SimpleNamespace(clock=now)
        self.responses = SharedResponses(CLOSED_STORE, PubSub(CLOSED, CLOSED_STORE))
        self.contexts: list[Context] = []
        self.failing: dict[str, Callable[[], Awaitable[None]]] = {}
        self.is_closed = False
        self.runs = 0
        self.ran = asyncio.Event()
        self.run_failures: list[Exception] = []

    def authenticate(self, token: str) -> Viewer:
        if token not in self.tokens:
            raise CodedError(INVALID, code="UNAUTHENTICATED")
        return self.tokens[token]

    def context(
        self, *, viewer: Viewer, request_id: str, refresh_cookie: str | None = None
    ) -> Context:
        context = Context(cast("Platform", self), viewer, request_id, refresh_cookie)
        self.contexts.append(context)
        return context

    def checks(self) -> dict[str, Callable[[], Awaitable[None]]]:
        async def answers() -> None:
            return

        return {"postgresql": answers, "mongodb": answers, "redis": answers, **self.failing}

    def jwks(self) -> dict[str, Any]:
        return JWKS

    async def run(self) -> None:
        self.runs += 1
        if self.run_failures:
            raise self.run_failures.pop()
        self.ran.set()
        await asyncio.Event().wait()

    async def close(self) -> None:
        self.is_closed = True


def make_settings(**overrides: object) -> Settings:
    return read_settings(**{"environment": "development", **overrides})


def make_graph(*, cost_max: int | None = None) -> Graph:
    schema = GraphQLSchema(_query(), _mutation(), _subscription())
    return Graph(schema, timeout_seconds=5.0, has_suggestions=True, cost_max=cost_max)


Info = GraphQLResolveInfo
# Its values cannot be written as JSON: a bug that shows only when the answer is encoded.
ODD = GraphQLScalarType("Odd", serialize=lambda value: value)


def _streams(info: Info) -> Streams:
    return info.context.platform.streams


def _string(resolve: Callable[..., Any], **arguments: Any) -> GraphQLField:
    return GraphQLField(
        GraphQLString,
        args={name: GraphQLArgument(kind) for name, kind in arguments.items()},
        resolve=resolve,
    )


def _query() -> GraphQLObjectType:
    return GraphQLObjectType(
        "Query",
        {
            "hello": _string(lambda *_: "world"),
            "echo": _string(lambda _, __, text: text, text=GraphQLNonNull(GraphQLString)),
            "big": _string(lambda _, __, size: "x" * size, size=GraphQLNonNull(GraphQLInt)),
            "viewer": _string(lambda _, info: str(info.context.viewer.user_id)),
            "cookie": _string(lambda _, info: info.context.refresh_cookie),
            "refused": _string(_refuse),
            "unwell": _string(_fail),
            "needed": GraphQLField(GraphQLNonNull(GraphQLString), resolve=_fail),
            "odd": GraphQLField(ODD, resolve=lambda *_: object()),
            "waits": _string(_wait),
        },
    )


def _mutation() -> GraphQLObjectType:
    return GraphQLObjectType(
        "Mutation",
        {
            "signIn": _string(lambda _, info: _set_cookie(info, "refresh-1", WEEK_SECONDS)),
            "signInTwice": _string(
                lambda _, info: (
                    _set_cookie(info, "refresh-1", WEEK_SECONDS)
                    and _set_cookie(info, "refresh-2", WEEK_SECONDS)
                )
            ),
            "signOut": _string(lambda _, info: _set_cookie(info, None, 0)),
            "cookie": _string(lambda _, info: info.context.refresh_cookie),
        },
    )


def _subscription() -> GraphQLObjectType:
    def event(resolve: Callable[..., Any], **arguments: Any) -> GraphQLField:
        made = _string(lambda value, *_, **__: value, **arguments)
        made.subscribe = resolve
        return made

    return GraphQLObjectType(
        "Subscription",
        {
            "count": event(_count, to=GraphQLNonNull(GraphQLInt)),
            "ticks": event(_ticks),
            "flood": event(_flood, size=GraphQLNonNull(GraphQLInt)),
            "unstartable": event(_refuse),
            "dries": event(_dry),
        },
    )


def _refuse(*_: Any) -> str:
    raise CodedError(FORBIDDEN, code="FORBIDDEN")


def _fail(*_: Any) -> str:
    raise StoreUnavailable("PostgreSQL")


def _set_cookie(info: Info, value: str | None, max_age_seconds: int) -> str:
    info.context.cookie_changes.append(CookieChange(value, max_age_seconds))
    return "done"


async def _wait(_: object, info: Info) -> str:
    streams = _streams(info)
    streams.note(opened=1)
    try:
        await streams.release.wait()
    finally:
        streams.note(closed=1)
    return "waited"


async def _count(_: object, __: Info, to: int) -> AsyncIterator[str]:
    for number in range(1, to + 1):
        yield str(number)


async def _dry(*_: Any) -> AsyncIterator[str]:
    yield _refuse()


async def _ticks(_: object, info: Info) -> AsyncIterator[str]:
    """One event, then nothing until somebody stops listening."""
    streams = _streams(info)
    streams.note(opened=1)
    try:
        yield "tick"
        await asyncio.Event().wait()
    finally:
        streams.note(closed=1)


async def _flood(_: object, info: Info, size: int) -> AsyncIterator[str]:
    streams = _streams(info)
    streams.note(opened=1)
    try:
        while True:
            streams.note(produced=1)
            yield "x" * size
    finally:
        streams.note(closed=1)


def code_of(response: httpx2.Response) -> str:
    """The code of the only error of a response without data."""
    body = response.json()
    assert set(body) == {"errors"}
    [error] = body["errors"]
    assert error["message"]
    return error["extensions"]["code"]


async def post(
    client: Client, query: str, *, accept: str = GRAPHQL, **body: Any
) -> httpx2.Response:
    return await client.post("/graphql", json={"query": query, **body}, headers={"Accept": accept})
