"""What all subgraphs of the bazaar import: two enums, a scalar, and the world behind them."""

import asyncio
import enum
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NewType

import strawberry
from strawberry.schema.config import StrawberryConfig

Amount = NewType("Amount", str)
SCALARS = {Amount: strawberry.scalar(name="Amount", serialize=str, parse_value=str)}


@strawberry.enum(description="What money is counted in.")
class Unit(enum.Enum):
    AZR = "azr"
    GEM = "gem"


@strawberry.enum
class Role(enum.Enum):
    MEMBER = "member"
    ADMIN = "admin"


@dataclass
class World:
    """Behind the subgraphs: what changes, what fails, and what they were asked."""

    names: dict[str, str] = field(default_factory=lambda: {str(n): f"user{n}" for n in range(100)})
    failing: dict[str, Exception] = field(default_factory=dict)
    calls: list[tuple[str, int]] = field(default_factory=list)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    turns: int = 1
    """For how many turns of the loop accounts looks for its users."""

    def record(self, entity: str, representations: Sequence[Any]) -> None:
        """Note a call of `resolve_references`, and raise what this entity is to fail with."""
        self.calls.append((entity, len(representations)))
        self.called.set()
        if entity in self.failing:
            raise self.failing[entity]


@dataclass
class Context:
    """The context of one operation in the bazaar."""

    world: World = field(default_factory=World)
    scope: dict[Any, Any] = field(default_factory=dict)
    request_id: str = "request-1"

    def renew(self) -> None:
        self.scope.clear()

    def for_event(self) -> "Context":
        return replace(self, scope={})


Info = strawberry.Info[Context, None]


def config() -> StrawberryConfig:
    return StrawberryConfig(scalar_map=SCALARS)
