"""What is asked of each server, and whether the answers have the same content.

Three servers take Azora's own documents. PostGraphile's schema is generated, so its documents have
other names, with aliases that give the answer the same shape.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from benchmarks.exchange import Exchange
from benchmarks.queries import Query, queries
from core.ids import InvalidId, decode_id

CACHED = Query(
    "cached",
    "a public document that the server may answer from its response cache",
    "{ services(first: 20) { nodes { id name provider { fullName } } } }",
)

_SERVICES = (
    "services: allServices(first: {first}, condition: {{ isActive: true }},"
    " orderBy: [PRICE_SORT_AZR_DESC, ROW_ID_DESC])"
)


class DifferentContent(Exception):
    """A server answers with other data than Azora, so comparing their speed says nothing."""


def generated_queries(service_id: str) -> tuple[Query, ...]:
    """The four queries in PostGraphile's words, about the service of this UUID."""
    one = (
        f'{{ service: serviceByRowId(rowId: "{service_id}") {{ id: rowId name category priceAzr'
        " averageRating provider: userByProviderId { id: rowId handle fullName countryCode } } }"
    )
    tree = (
        f"{{ {_SERVICES.format(first=20)} {{ nodes {{ id: rowId name priceAzr"
        " provider: userByProviderId { id: rowId fullName }"
        " reviews: reviewsByServiceId(first: 3, orderBy: [CREATED_AT_DESC, ROW_ID_DESC])"
        " { nodes { id: rowId rating comment author: userByAuthorId { id: rowId fullName } } }"
        " } } }"
    )
    flat = (
        f"{{ {_SERVICES.format(first=100)} {{ nodes {{ id: rowId name category priceAzr"
        " averageRating reviewCount provider: userByProviderId { fullName } } } }"
    )
    texts = (one, tree, flat, "{ __typename }")
    own = queries(service_id)
    return tuple(
        Query(query.name, query.title, text) for query, text in zip(own, texts, strict=True)
    )


def require_equal_content(answered: Exchange, expected: Exchange, *, server: str) -> None:
    """Return if both answers say the same. Raises DifferentContent."""
    theirs, ours = (_canonical(json.loads(each.body)["data"]) for each in (answered, expected))
    if theirs != ours:
        message = f"{server} on {answered.query.name}: {theirs!r:.2000}\n\nAzora: {ours!r:.2000}"
        raise DifferentContent(message)


def _canonical(value: Any) -> Any:
    """The answer with each value in one form: servers write ids and numbers differently."""
    if isinstance(value, list):
        return [_canonical(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _FORMS[name](each) if name in _FORMS and each is not None else _canonical(each)
        for name, each in value.items()
    }


def _uuid(text: str) -> UUID:
    try:
        return decode_id(text)[1]
    except InvalidId:
        return UUID(text)


def _rating(value: float | str) -> float | None:
    """The column holds 0 before the first review, and a generated schema shows it."""
    return float(value) or None


_FORMS: dict[str, Callable[[Any], Any]] = {
    "id": _uuid,
    "priceAzr": Decimal,
    "averageRating": _rating,
}
