"""The real graph: its composition, and the contract at the root of the repository."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from graph.compose import Composition, SubgraphSchema
from graph.export import public_sdl, subgraph_sdl
from graph.schema import SUBGRAPH_NAMES, build_composition, build_subgraph, build_subgraphs
from tests.graph.second_opinion import composed_sdl

CONTRACT = Path(__file__).parents[2] / "schema.graphql"


@pytest.fixture(scope="module")
def composition() -> Composition:
    return build_composition()


class TestComposition:
    def test_equals_that_of_an_independent_composer(self, composition, tmp_path):
        expected = composed_sdl(composition.subgraphs, tmp_path)

        assert public_sdl(composition.schema) == expected

    def test_equals_the_contract(self, composition):
        assert public_sdl(composition.schema) == CONTRACT.read_text()

    def test_has_all_subgraphs(self, composition):
        assert tuple(composition.subgraphs) == SUBGRAPH_NAMES
        assert SUBGRAPH_NAMES == ("users", "tokens", "marketplace", "learning", "ai")


class TestSubgraphs:
    def test_are_the_same_alone_and_together(self):
        together: Mapping[str, SubgraphSchema] = build_subgraphs()

        assert {name: subgraph_sdl(schema) for name, schema in together.items()} == {
            name: subgraph_sdl(build_subgraph(name)) for name in SUBGRAPH_NAMES
        }

    @pytest.mark.parametrize("name", SUBGRAPH_NAMES)
    def test_serve_a_federation_schema(self, name):
        schema = build_subgraph(name)

        assert "_service" in schema.core_schema.query_type.fields
        assert subgraph_sdl(schema).endswith("}\n")
        assert "@link" in subgraph_sdl(schema)
