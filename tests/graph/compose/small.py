"""Subgraphs of a few types, for one rule each."""

from collections.abc import Callable
from typing import Any

import pytest
from strawberry import federation
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from graph.compose import CompositionError, SubgraphSchema, compose


@federation.type
class Query:
    @federation.field(shareable=True)
    def ping(self) -> str:
        return "pong"


class Found:
    """An entity that is found by whatever its representation says."""

    @classmethod
    async def resolve_references(cls, context: Any, representations: Any) -> list[Any]:
        del context
        return [
            cls(**{name: value for name, value in each.items() if name != "__typename"})
            for each in representations
        ]


def subgraph(*types: type, query: type = Query, **more: Any) -> SubgraphSchema:
    return SubgraphSchema(query=query, types=types, **more)


def stub_key(fields: str) -> Key:
    """A key that this subgraph only refers by."""
    return Key(fields=FieldSet(fields), resolvable=False)


def with_arguments(resolver: Callable[..., int]) -> SubgraphSchema:
    """A subgraph with a shareable field that takes the arguments of `resolver`."""

    @federation.type(name="Shop", shareable=True)
    class Shop:
        price: int = federation.field(resolver=resolver)

    return subgraph(Shop)


def refusal_of(**subgraphs: SubgraphSchema) -> list[str]:
    """The lines that say why these subgraphs make no schema."""
    with pytest.raises(CompositionError) as refused:
        compose(subgraphs)
    return str(refused.value).splitlines()
