"""Names answers: equal for requests that the graph cannot tell apart."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson
from graphql import GraphQLSchema, print_schema

from graph.caching.policy import CachePolicy

LOCALE = ""
"""The schema says the same to readers of every language, so that `Accept-Language` is no matter."""


def response_key(
    query: str,
    *,
    operation_name: str | None,
    variables: Mapping[str, Any],
    policy: CachePolicy,
    locale: str = LOCALE,
) -> bytes:
    """16 bytes for the document, the operation in it, its variables in any order, and the locale.

    The policy is part of it: a release that changes the hints does not read what others left.
    """
    parts = [
        query,
        operation_name,
        variables,
        locale,
        policy.max_age_seconds,
        sorted(policy.subjects),
    ]
    return blake2b(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def namespace_of(schema: GraphQLSchema) -> str:
    """A name for what is shared between the workers that serve this very schema."""
    return blake2b(print_schema(schema).encode(), digest_size=8).hexdigest()
