"""Merges the built schemas of federation subgraphs into one executable schema.

Start at `composer.compose`. The public schema equals what a federation composer makes of the same
SDL; fields of other subgraphs are reached through the owner's batched `resolve_references`.
"""

from graph.compose.composer import Composition, compose
from graph.compose.definitions import CompositionError
from graph.compose.subgraph import SubgraphSchema

__all__ = ["Composition", "CompositionError", "SubgraphSchema", "compose"]
