"""The public schema of the bazaar, checked by a composer that Azora did not write."""

from graph.export import public_sdl
from tests.graph.second_opinion import composed_sdl


class TestPublicSDL:
    def test_equals_that_of_an_independent_composer(self, composition, tmp_path):
        expected = composed_sdl(composition.subgraphs, tmp_path)

        assert public_sdl(composition.schema) == expected
