"""A small schema without subgraphs, whose fields fail in every way that the engine knows."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)

from core.errors import CodedError
from graph.engine import Graph

SECRET = "the password is hunter2"


@dataclass
class Context:
    """The context of one operation, and what became of its fields."""

    request_id: str = "request-1"
    scope: dict[Any, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def renew(self) -> None:
        self.scope.clear()

    def for_event(self) -> "Context":
        self.notes.append("event")
        return replace(self, scope={})


def hello(_source: Any, _info: Any, name: str = "world") -> str:
    return f"hello {name}"


def paint(_source: Any, _info: Any, colour: str = "red") -> str:
    return colour


def count(_source: Any, _info: Any, to: int = 0) -> int:
    return to


def broken(_source: Any, _info: Any) -> str:
    raise ValueError(SECRET)


async def coded(_source: Any, _info: Any) -> str:
    message = "That is not for you."
    raise CodedError(message, code="FORBIDDEN")


async def slow(_source: Any, info: Any) -> str:
    try:
        await asyncio.Event().wait()
    finally:
        info.context.notes.append("stopped")
    return "never"


async def events(
    _source: Any, info: Any, to: int = 2, fault: str = ""
) -> AsyncGenerator[Any, None]:
    try:
        for number in range(to):
            yield {"events": number}
        if fault == "unknown":
            raise ValueError(SECRET)
        if fault == "known":
            message = "The source has dried up."
            raise CodedError(message, code="DRIED_UP")
    finally:
        info.context.notes.append("closed")


def event_number(source: Any, info: Any, **_arguments: Any) -> int:
    """The event's number; fails if the scope has what an event before it left there."""
    if "seen" in info.context.scope:
        raise ValueError(info.context.scope)
    info.context.scope["seen"] = source
    return source["events"]


async def unstartable(_source: Any, _info: Any) -> Any:
    raise ValueError(SECRET)


async def forbidden(_source: Any, _info: Any) -> Any:
    message = "That is not for you."
    raise CodedError(message, code="FORBIDDEN")


def plain_schema() -> GraphQLSchema:
    name = {"name": GraphQLArgument(GraphQLString)}
    to = {"to": GraphQLArgument(GraphQLInt)}
    colours = {"colour": GraphQLArgument(GraphQLEnumType("Colour", {"RED": "red"}))}
    query = {
        "hello": GraphQLField(GraphQLString, name, resolve=hello),
        "count": GraphQLField(GraphQLInt, to, resolve=count),
        "paint": GraphQLField(GraphQLString, colours, resolve=paint),
        "broken": GraphQLField(GraphQLString, resolve=broken),
        "needed": GraphQLField(GraphQLNonNull(GraphQLString), resolve=broken),
        "coded": GraphQLField(GraphQLString, resolve=coded),
        "slow": GraphQLField(GraphQLString, resolve=slow),
    }
    fault = {"fault": GraphQLArgument(GraphQLString)}
    subscription = {
        "events": GraphQLField(GraphQLInt, {**to, **fault}, resolve=event_number, subscribe=events),
        "unstartable": GraphQLField(GraphQLInt, subscribe=unstartable),
        "forbidden": GraphQLField(GraphQLInt, subscribe=forbidden),
    }
    return GraphQLSchema(
        query=GraphQLObjectType("Query", query),
        mutation=GraphQLObjectType("Mutation", {"hello": query["hello"]}),
        subscription=GraphQLObjectType("Subscription", subscription),
    )


def plain_graph(
    *, timeout_seconds: float = 20.0, has_suggestions: bool = True, traces_fields: bool = False
) -> Graph:
    return Graph(
        plain_schema(),
        timeout_seconds=timeout_seconds,
        has_suggestions=has_suggestions,
        traces_fields=traces_fields,
    )
