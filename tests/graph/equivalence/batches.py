"""Batch fields of the workshop: one function for all parents, whose answers are now and then wrong.

It fails for all, answers in the wrong number, or has nulls, failures and wrong values in the place
of right ones. What befalls a whole batch befalls every batch of its function in a world, since how
many are asked together is each executor's own affair.
"""

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString

from resolvers.keyset import Page, Slice
from subgraphs.shared.batches import BATCH
from tests.graph.equivalence.worlds import OWNER, Inventor, Planted, World

PLAIN = Inventor(awaitable_share=0, forms=0.6)
# Whole batches are few beside values: in trouble, they need more of it to be met at all.
TROUBLE_TIMES = 3
IN_ORDER = SimpleNamespace(cursor=lambda row: f"behind {row}")
HIDDEN = "not to be shown"
TORN = "wear answered 1 parents with 0 values"
OWNED = ("t1", "t2", "t3", "t4")


def odd(world: World, identity: str, type_: Any) -> Any:
    """A value that is now and then wrong. Nothing in it is awaited by nobody."""
    value = PLAIN.value(world, type_, identity, world.dice(identity))
    return ValueError(str(value)) if isinstance(value, Planted) else value


def owner_of(key: str) -> UUID:
    return OWNER if key in OWNED else UUID(int=2)


async def ratings(world: World, keys: Sequence[str]) -> list[Any]:
    return await _answered(world, "ratings", keys, GraphQLNonNull(GraphQLInt))


async def secrets(world: World, keys: Sequence[str]) -> list[Any]:
    return await _answered(world, "secrets", keys, GraphQLString)


async def badges(world: World, keys: Sequence[str]) -> list[Any]:
    texts = GraphQLList(GraphQLNonNull(GraphQLString))
    return await _answered(world, "badges", keys, GraphQLNonNull(texts))


async def rivals(world: World, keys: Sequence[str], page: Page) -> list[Any]:
    """Pages of keys."""

    async def count() -> int:
        return await world.later(len(OWNED), 2)

    def one(key: str) -> Any:
        if world.dice(f"rivals of {key}").random() < world.trouble:
            return ValueError(f"no rivals of {key}")
        rows = [each for each in OWNED if each != key][: page.first]
        return Slice(rows, IN_ORDER, has_next=False, has_previous=False, count=count)  # pyright: ignore[reportArgumentType]  # an order has more than cursors

    return await _all(world, "rivals", keys, one)


def shown(value: Any) -> Any:
    """A text that must not be shown fails its own field alone."""
    if value == "":
        raise Planted(HIDDEN)
    return value


class Wear:
    """A batch resolver of its own kind: its answers are counted by the engine, not by a loader."""

    def at(self, type_: Any, place: Any) -> "Wear":
        del type_, place
        return self

    async def resolve_all(
        self, sources: Sequence[Any], world: World, name: str, arguments: Mapping[str, Any]
    ) -> list[Any]:
        by = arguments["by"]
        _fail_now_and_then(world, f"{name}({by})")
        values = [self.one(source, by) for source in sources]
        return values[1:] if _is_torn(world, f"{name}({by})") else values

    def one(self, source: Any, by: int) -> Any:
        world, identity = source.world, f"{source.id}.wear({by})"
        world.reads[identity] += 1
        return odd(world, identity, GraphQLNonNull(GraphQLInt))

    def alone(self, source: Any, by: int) -> Any:
        """For graphql-core: what `resolve_all` comes to for one parent."""
        world, identity = source.world, f"wear({by})"
        _fail_now_and_then(world, identity)
        value = self.one(source, by)
        if _is_torn(world, identity):
            raise RuntimeError(TORN)
        return value


def wear_field() -> Any:
    wear = Wear()

    def resolve(self: Any, by: int = 1) -> int:
        return wear.alone(self, by)

    return strawberry.field(resolver=resolve, metadata={BATCH: wear})


async def _answered(world: World, name: str, keys: Sequence[str], type_: Any) -> list[Any]:
    return await _all(world, name, keys, lambda key: odd(world, f"{name} of {key}", type_))


async def _all(
    world: World, name: str, keys: Sequence[str], one: Callable[[str], Any]
) -> list[Any]:
    world.reads.update(f"{name} of {key}" for key in keys)
    await world.later(None, world.dice(f"turns of {name}").randint(0, 4))
    _fail_now_and_then(world, name)
    values = [one(key) for key in keys]
    return values[1:] if _is_torn(world, name) else values


def _fail_now_and_then(world: World, name: str) -> None:
    if world.dice(f"{name} fails").random() < TROUBLE_TIMES * world.trouble:
        raise Planted(name)


def _is_torn(world: World, name: str) -> bool:
    return world.dice(f"{name} is torn").random() < TROUBLE_TIMES * world.trouble
