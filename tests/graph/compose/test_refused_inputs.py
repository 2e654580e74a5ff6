"""Arguments and input fields that differ between subgraphs are refused at start-up."""

from dataclasses import make_dataclass

import strawberry

from tests.graph.compose.small import refusal_of, subgraph, with_arguments


def with_input(*fields):
    """A subgraph with an input `Filter` of these fields: name, type and perhaps a default."""
    return subgraph(strawberry.input(make_dataclass("Filter", fields)))


class TestArguments:
    def test_have_one_type(self):
        def first(size: int) -> int:
            return size

        def second(size: str) -> int:
            return len(size)

        assert refusal_of(a=with_arguments(first), b=with_arguments(second)) == [
            "Shop (a, b), field price, argument size: the subgraphs give it different types."
        ]

    def test_have_one_default(self):
        def first(size: int = 1) -> int:
            return size

        def second(size: int = 2) -> int:
            return size

        assert refusal_of(a=with_arguments(first), b=with_arguments(second)) == [
            (
                "Shop (a, b), field price, argument size:"
                " the subgraphs give it different default values."
            )
        ]

    def test_are_known_to_all_if_required(self):
        def first(size: int) -> int:
            return size

        def second() -> int:
            return 1

        assert refusal_of(a=with_arguments(first), b=with_arguments(second)) == [
            (
                "Shop (a, b), field price, argument size:"
                " required in some subgraphs and unknown to others."
            )
        ]


class TestInputFields:
    def test_have_one_type(self):
        refused = refusal_of(a=with_input(("size", int)), b=with_input(("size", str)))

        assert refused == [
            "Filter (a, b), input field size: the subgraphs give it different types."
        ]

    def test_have_one_default(self):
        refused = refusal_of(a=with_input(("size", int, 1)), b=with_input(("size", int, 2)))

        assert refused == [
            "Filter (a, b), input field size: the subgraphs give it different default values."
        ]

    def test_are_known_to_all_if_required(self):
        both, one = with_input(("size", int), ("name", str)), with_input(("name", str))

        assert refusal_of(a=both, b=one) == [
            "Filter (a, b), input field size: required in some subgraphs and unknown to others."
        ]
