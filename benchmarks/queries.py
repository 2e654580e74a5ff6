"""The four queries that are asked over HTTP."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Query:
    """One GraphQL request, and what it asks in words."""

    name: str
    title: str
    text: str

    def body(self) -> bytes:
        return json.dumps({"query": self.text}).encode()


PAGE_SIZE = 20
DEAREST = "sort: PRICE_HIGH_TO_LOW"
ONE_SERVICE = f"{{ services(first: 1, {DEAREST}) {{ nodes {{ id }} }} }}"
"""Finds the service that the first query asks for."""


def queries(service_id: str) -> tuple[Query, ...]:
    """The four, the first of them about one service."""
    return (
        Query(
            "Q1",
            "one service with its provider",
            f'{{ service(id: "{service_id}") {{ id name category priceAzr averageRating'
            " provider { id handle fullName countryCode } } }",
        ),
        Query(
            "Q2",
            "20 services with provider and 3 reviews each, with author",
            "{ services(first: 20, sort: PRICE_HIGH_TO_LOW) { nodes { id name priceAzr"
            " provider { id fullName } reviews(first: 3) { nodes { id rating comment"
            " author { id fullName } } } } } }",
        ),
        Query(
            "Q3",
            "100 services, flat, with the provider's name",
            "{ services(first: 100, sort: PRICE_HIGH_TO_LOW) { nodes { id name category priceAzr"
            " averageRating reviewCount provider { fullName } } } }",
        ),
        Query("Q4", "`{ __typename }`", "{ __typename }"),
    )


def apart(
    service_ids: Sequence[str], documents: Callable[[str], Sequence[Query]]
) -> tuple[Sequence[Query], Sequence[Query]]:
    """The first two queries of `documents`, one form of each for so many services.

    Each of the first asks for another service, each of the second for another number of them, about
    twenty in the middle.
    """
    forms = [documents(each) for each in service_ids]
    size_min = PAGE_SIZE - len(forms) // 2
    return (
        [replace(one, name="Q1 apart") for one, *_ in forms],
        [
            replace(tree, name="Q2 apart", text=_resized(tree.text, size))
            for size, (_, tree, *_) in enumerate(forms, start=size_min)
        ],
    )


def _resized(text: str, size: int) -> str:
    """The same query for a page of another size."""
    return text.replace(f"first: {PAGE_SIZE}", f"first: {size}")
