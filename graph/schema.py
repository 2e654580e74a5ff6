"""The five subgraphs and the one schema that they make. This is the only list of subgraphs."""

from collections.abc import Mapping

from graph.compose import Composition, SubgraphSchema, compose
from subgraphs.ai.schema import AI
from subgraphs.learning.schema import LEARNING
from subgraphs.marketplace.schema import MARKETPLACE
from subgraphs.shared.definition import SubgraphDefinition
from subgraphs.shared.scalars import schema_config
from subgraphs.tokens.schema import TOKENS
from subgraphs.users.schema import USERS

DEFINITIONS = (USERS, TOKENS, MARKETPLACE, LEARNING, AI)
SUBGRAPH_NAMES = tuple(definition.name for definition in DEFINITIONS)


def build_subgraph(name: str) -> SubgraphSchema:
    """One subgraph's schema, as it is served alone. `name` is one of `SUBGRAPH_NAMES`."""
    definition = next(each for each in DEFINITIONS if each.name == name)
    return _built(definition)


def build_subgraphs() -> Mapping[str, SubgraphSchema]:
    """All subgraphs by name."""
    return {definition.name: _built(definition) for definition in DEFINITIONS}


def build_composition() -> Composition:
    """The composed schema. Raises CompositionError when the subgraphs do not fit together."""
    return compose(build_subgraphs())


def _built(definition: SubgraphDefinition) -> SubgraphSchema:
    return SubgraphSchema(
        query=definition.query,
        mutation=definition.mutation,
        subscription=definition.subscription,
        types=definition.types,
        config=schema_config(),
    )
