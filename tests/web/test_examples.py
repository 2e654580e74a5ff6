"""The example operations of the GraphiQL page."""

import re

import pytest
from graphql import parse, validate

from core.settings import REPOSITORY
from graph.engine import Graph

EXAMPLES = re.findall(
    r"`(#[^`]+)`", (REPOSITORY / "web/graphiql/src/examples.ts").read_text(), re.DOTALL
)


class TestExamples:
    def test_are_there(self):
        assert len(EXAMPLES) >= 5

    @pytest.mark.parametrize("example", EXAMPLES)
    def test_are_valid_operations(self, graph: Graph, example: str):
        assert validate(graph.schema, parse(example)) == []
