"""The weakest and the strictest of several declarations."""

import pytest
from graphql import GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString

from graph.compose.nullability import strictest, weakest

INT = GraphQLInt
INT_NOT_NULL = GraphQLNonNull(GraphQLInt)
INTS = GraphQLList(INT)
INTS_INNER = GraphQLList(INT_NOT_NULL)
INTS_OUTER = GraphQLNonNull(INTS)
INTS_BOTH = GraphQLNonNull(INTS_INNER)


@pytest.mark.parametrize(
    ("types", "weak", "strict"),
    [
        ([INT], INT, INT),
        ([INT, INT_NOT_NULL], INT, INT_NOT_NULL),
        ([INT_NOT_NULL, INT], INT, INT_NOT_NULL),
        ([INT_NOT_NULL, INT_NOT_NULL], INT_NOT_NULL, INT_NOT_NULL),
        ([INTS_BOTH, INTS], INTS, INTS_BOTH),
        ([INTS, INTS_INNER], INTS, INTS_INNER),
        ([INTS_OUTER, INTS_BOTH, INTS], INTS, INTS_BOTH),
        ([INTS_OUTER, INTS_INNER], None, None),
        ([INTS_OUTER, INTS_INNER, INTS], INTS, None),
        ([INTS_OUTER, INTS_INNER, INTS_BOTH], None, INTS_BOTH),
        ([INT, GraphQLString], None, None),
        ([INT, INTS], None, None),
        ([INT_NOT_NULL, INTS], None, None),
        ([GraphQLList(INTS), INTS], None, None),
    ],
)
class TestNullability:
    def test_finds_the_weakest(self, types, weak, strict):
        assert weakest(types) is weak

    def test_finds_the_strictest(self, types, weak, strict):
        assert strictest(types) is strict
