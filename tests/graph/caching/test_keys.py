"""The names of answers."""

from typing import Any

import pytest
from graphql import build_schema

from graph.caching.keys import namespace_of, response_key
from graph.caching.policy import CachePolicy
from models.subjects import Subject

POLICY = CachePolicy(60, frozenset({Subject.USERS, Subject.STATS}))
REQUEST: dict[str, Any] = {
    "query": "{ a }",
    "operation_name": None,
    "variables": {"b": 1, "a": {"d": 2, "c": [1, 2]}},
    "policy": POLICY,
}


class TestResponseKey:
    def test_is_the_same_for_variables_in_another_order(self) -> None:
        turned = {**REQUEST, "variables": {"a": {"c": [1, 2], "d": 2}, "b": 1}}

        assert response_key(**turned) == response_key(**REQUEST)
        assert len(response_key(**REQUEST)) == 16

    @pytest.mark.parametrize(
        "change",
        [
            {"query": "{ a } "},
            {"operation_name": "A"},
            {"operation_name": ""},
            {"variables": {}},
            {"variables": {"b": "1", "a": {"d": 2, "c": [1, 2]}}},
            {"variables": {"b": 1.0, "a": {"d": 2, "c": [1, 2]}}},
            {"variables": {"b": True, "a": {"d": 2, "c": [1, 2]}}},
            {"variables": {"b": 1, "a": {"d": 2, "c": [2, 1]}}},
            {"locale": "sw"},
            {"policy": CachePolicy(59, POLICY.subjects)},
            {"policy": CachePolicy(60, frozenset({Subject.USERS}))},
        ],
    )
    def test_differs_for_whatever_the_graph_can_tell_apart(self, change: dict[str, Any]) -> None:
        assert response_key(**{**REQUEST, **change}) != response_key(**REQUEST)


class TestNamespaceOf:
    def test_is_of_the_schema(self) -> None:
        first, same, other = (
            build_schema(f"type Query {{ {field}: Int }}") for field in ("a", "a", "b")
        )

        assert namespace_of(first) == namespace_of(same)
        assert namespace_of(first) != namespace_of(other)
