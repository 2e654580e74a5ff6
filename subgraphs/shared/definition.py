"""What makes a subgraph, for the graph to build: its root types and whatever they do not reach."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SubgraphDefinition:
    """The root types of one subgraph."""

    name: str
    query: type
    mutation: type | None = None
    subscription: type | None = None
    types: tuple[type, ...] = ()
    """Types that only an interface or a reference leads to."""
