"""Invented worlds: what every field answers follows from a seed and from the field's identity.

Two executors that run one document in two worlds of one seed meet the same values, failures and
delays, whatever they call first. A world counts the calls, and knows what was left running.
"""

import asyncio
import inspect
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLError,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from core.loader import BatchLoader
from services.auth.viewer import Viewer

ITEMS_MAX = 3
TURNS_MAX = 4
AWAITABLE_SHARE = 0.3
SETTLING_TURNS = 30
OWNER = UUID(int=1)
ANONYMOUS_EVERY = 3
SEEDS_BETWEEN_EVENTS = 10_000

GOOD_LEAVES: dict[str, list[Any]] = {
    "Int": [0, 7, -3, True, 4.0, "12", 2**31 - 1],
    "Float": [0.5, 3, True, "1.5", -0.0],
    "String": ["", "text", "ä\n", 5, 1.5, True],
    "Boolean": [True, False, 1, 0],
    "ID": ["x1", 7, 1.0],
}
BAD_LEAVES: dict[str, list[Any]] = {
    "Int": ["no", 2**31, 1.5, [], float("nan")],
    "Float": ["x", float("nan"), float("inf"), {}],
    "String": [[], {}, object],
    "Boolean": ["yes", [], float("nan")],
    "ID": [[], 1.5, object],
}


class Planted(Exception):
    """A failure of a resolver that a world has planned."""


class Patient:
    """An awaitable that is no coroutine."""

    def __init__(self, pending: Awaitable[Any]) -> None:
        self._pending = pending

    def __await__(self) -> Any:
        return self._pending.__await__()


@dataclass
class World:
    """One world. `trouble` is the share of values that are wrong in some way."""

    seed: int
    trouble: float = 0.0
    calls: Counter[tuple[str | int, ...]] = field(default_factory=Counter)
    """How often the resolver of each response position was called."""
    reads: Counter[str] = field(default_factory=Counter)
    """How often methods were called that do not know their position, by identity."""
    log: list[str] = field(default_factory=list)
    """What mutations did, in their order."""
    counter: int = 0
    events: int = 0
    scope: dict[Any, BatchLoader[Any, Any]] = field(default_factory=dict)
    request_id: str = "request-1"
    _started: list[Any] = field(default_factory=list)

    def renew(self) -> None:
        self.scope.clear()

    def for_event(self) -> "World":
        """Another world, the same for every first event, every second one and so on."""
        self.events += 1
        return World(self.seed + self.events * SEEDS_BETWEEN_EVENTS, self.trouble)

    @property
    def viewer(self) -> Viewer:
        """One who owns some things, and in some worlds nobody."""
        return Viewer(OWNER) if self.seed % ANONYMOUS_EVERY else Viewer.ANONYMOUS

    def loader(self, fetch: Callable[..., Any], *options: Any) -> BatchLoader[Any, Any]:
        """The loader of this execution for `fetch`."""
        name = (fetch, options)
        if name not in self.scope:
            self.scope[name] = BatchLoader(lambda keys: fetch(self, keys, *options))
        return self.scope[name]

    def dice(self, identity: str) -> Random:
        """The chances of one identity, always the same."""
        return Random(f"{self.seed}/{identity}")  # noqa: S311  # reproducible on purpose

    def later(self, value: Any, turns: int = 1) -> Any:
        """A coroutine that answers after some turns of the loop; an exception is raised."""
        coroutine = _later(value, turns)
        self._started.append(coroutine)
        return coroutine

    async def left_running(self) -> list[str]:
        """What was handed out and, after a while, neither finished nor closed."""
        for _ in range(SETTLING_TURNS):
            await asyncio.sleep(0)
        states = [
            inspect.getcoroutinestate(each)
            for each in self._started
            if inspect.getcoroutinestate(each) != inspect.CORO_CLOSED
        ]
        for each in self._started:
            each.close()
        self._started.clear()
        return states


@dataclass(frozen=True)
class Thing:
    """An object of a world."""

    identity: str
    type_name: str
    claims: str | None = None
    """The type that it says it is, rightly or wrongly."""

    def __repr__(self) -> str:
        return f"<{self.type_name}>"


async def _later(value: Any, turns: int) -> Any:
    for _ in range(turns):
        await asyncio.sleep(0)
    if isinstance(value, Planted):
        raise value
    return value


Invent = Callable[[World, GraphQLNamedType, str, Random], Any]


@dataclass(frozen=True)
class Inventor:
    """Resolves every field of a schema from its identity."""

    leaves: dict[str, Callable[[World, Random], Any]] = field(default_factory=dict)
    """How to make values of custom scalars and enums."""
    objects: Callable[[World, Any, str, Random], Any] | None = None
    """How to make objects, if not as `Thing`."""
    awaitable_share: float = AWAITABLE_SHARE
    """How often a value, or an item of a list, comes later."""
    forms: float = 1.0
    """Which forms lists have: below 0.65, only such as can be read twice."""

    def resolve(self, source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        """The resolver of every field that has no other."""
        world: World = info.context
        world.calls[tuple(info.path.as_list())] += 1
        identity = f"{identity_of(source)}.{info.field_name}{arguments or ''}"
        dice = world.dice(identity)
        value = self.value(world, info.return_type, identity, dice)
        turns = dice.randint(0, TURNS_MAX)
        if dice.random() < self.awaitable_share:
            pending = world.later(value, turns)
            return Patient(pending) if dice.random() < 0.2 else pending
        if isinstance(value, Planted) and dice.random() < 0.7:
            raise value
        return value

    def value(self, world: World, type_: Any, identity: str, dice: Random) -> Any:
        """A value for a type, right or wrong."""
        if is_non_null_type(type_):
            return self.value(world, type_.of_type, identity, dice)
        if dice.random() < world.trouble:
            return self._wrong(type_, identity, dice)
        if not is_non_null_type(type_) and dice.random() < world.trouble:
            return None
        if is_list_type(type_):
            return self._list(world, type_.of_type, identity, dice)
        if is_leaf_type(type_):
            return self._leaf(world, type_, dice)
        return self._object(world, type_, identity, dice)

    def _wrong(self, type_: Any, identity: str, dice: Random) -> Any:
        wrong: list[Any] = [
            None,
            None,
            Planted(f"planted at {identity}"),
            ValueError(f"returned at {identity}"),
            GraphQLError(f"refused at {identity}", extensions={"code": "REFUSED"}),
        ]
        if is_list_type(type_):
            wrong += [5, "text", {"a": 1}]
        elif is_leaf_type(type_):
            wrong += BAD_LEAVES.get(type_.name, [object])
        return dice.choice(wrong)

    def _leaf(self, world: World, type_: Any, dice: Random) -> Any:
        make = self.leaves.get(type_.name)
        return dice.choice(GOOD_LEAVES[type_.name]) if make is None else make(world, dice)

    def _object(self, world: World, type_: Any, identity: str, dice: Random) -> Any:
        if self.objects is not None:
            return self.objects(world, type_, identity, dice)
        return Thing(identity, type_.name)

    def _list(self, world: World, item_type: Any, identity: str, dice: Random) -> Any:
        items = [
            self.value(world, item_type, f"{identity}[{index}]", dice)
            for index in range(dice.randint(0, ITEMS_MAX))
        ]
        are_awaited = dice.random() < self.awaitable_share
        if are_awaited:
            items = [
                world.later(item, dice.randint(0, TURNS_MAX)) if dice.random() < 0.6 else item
                for item in items
            ]
        else:
            items = [ValueError(str(each)) if isinstance(each, Planted) else each for each in items]
        fault = Planted(f"torn at {identity}") if dice.random() < world.trouble else None
        return _held(items, dice.random() * self.forms, fault)


def _held(items: list[Any], form: float, fault: Planted | None) -> Any:
    """A list in one of the forms that resolvers return lists in. Some fail half-way."""
    if form < 0.5:
        return items
    if form < 0.65:
        return tuple(items)
    if form < 0.8:
        return _generated(items, fault)
    return _streamed(items, fault) if form < 0.95 else dict(enumerate(items)).values()


def _generated(items: list[Any], fault: Planted | None) -> Iterator[Any]:
    yield from items
    if fault is not None:
        raise fault


async def _streamed(items: list[Any], fault: Planted | None) -> AsyncIterator[Any]:
    for item in items:
        await asyncio.sleep(0)
        yield item
    if fault is not None:
        raise fault


def identity_of(source: Any) -> str:
    """The identity of a field's parent; the root is nothing at all."""
    if source is None:
        return ""
    return source["identity"] if isinstance(source, dict) else source.identity


def resolve_everything(types: Any, inventor: Inventor) -> None:
    """Give every field without a resolver the inventor's."""
    for type_ in types.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for each in type_.fields.values():
                if each.resolve is None:
                    each.resolve = inventor.resolve


def concrete(world: World, schema: Any, type_: Any, identity: str, dice: Random) -> Thing:
    """An object of an object type, or of one of the types that an abstract type may be."""
    if not is_abstract_type(type_):
        return Thing(identity, type_.name, type_.name)
    chosen = dice.choice(sorted(each.name for each in schema.get_possible_types(type_)))
    claims = chosen
    if dice.random() < world.trouble:
        claims = dice.choice([None, "Nowhere", "String", "Query", "Named", "Rock", "Dog", "5"])
    return Thing(identity, chosen, claims)
