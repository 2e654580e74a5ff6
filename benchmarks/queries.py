"""The four queries that are asked over HTTP."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """One GraphQL request, and what it asks in words."""

    name: str
    title: str
    text: str

    def body(self) -> bytes:
        return json.dumps({"query": self.text}).encode()


ONE_SERVICE = "{ services(first: 1, sort: PRICE_HIGH_TO_LOW) { nodes { id } } }"
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
