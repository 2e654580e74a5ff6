"""Composes subgraphs into one executable schema. Called once, when a process starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import GraphQLObjectType, GraphQLSchema, specified_directives, validate_schema

from graph.compose.definitions import (
    ROOT_TYPES,
    CompositionError,
    TypeParts,
    collect_parts,
    field_names,
    providers_of,
)
from graph.compose.merging import ResolveType, TypeMerger
from graph.compose.references import Home, ReferenceResolver
from graph.compose.refusals import place_of, refuse_what_cannot_be_composed
from graph.compose.routing import ROUTES, Router, Routes
from graph.compose.subgraph import SubgraphSchema


@dataclass(frozen=True, slots=True)
class Composition:
    """The composed schema, and which subgraph answers for what."""

    schema: GraphQLSchema
    subgraphs: Mapping[str, SubgraphSchema]
    owners: Mapping[tuple[str, str], str]
    """The subgraph that provides each (type name, field name)."""


def compose(subgraphs: Mapping[str, SubgraphSchema]) -> Composition:
    """One schema from all `subgraphs`, with the public SDL that a federation composer makes.

    Execution needs a context with `scope`, a dictionary for the length of one execution, and
    `renew()`, which empties it. Raises CompositionError for what cannot be honoured.
    """
    parts = collect_parts({name: each.core_schema for name, each in subgraphs.items()})
    refuse_what_cannot_be_composed(parts)
    homes, owners = _homes(parts), _owners(parts)
    references = ReferenceResolver(subgraphs, homes, lambda name: merger.fields_of(name))
    router = Router(parts, references)
    merger = TypeMerger(parts, route=router.route, resolve_type=_resolve_type(homes))
    query, mutation, subscription = (
        cast("GraphQLObjectType | None", merger.types.get(name)) for name in ROOT_TYPES
    )
    schema = GraphQLSchema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        types=[type_ for name, type_ in merger.types.items() if merger.is_visible(name)],
        directives=specified_directives,
        extensions={ROUTES: Routes(router.steps, homes, owners)},
    )
    problems = [problem.message for problem in validate_schema(schema)]
    problems += [
        f"{place_of(name, parts[name])}: @inaccessible, but what clients see leads there."
        for name in schema.type_map
        if name in parts and not merger.is_visible(name)
    ]
    if problems:
        raise CompositionError("\n".join(problems))
    return Composition(schema, subgraphs, owners)


def _homes(parts: TypeParts) -> dict[type, Home]:
    """Which subgraph's part of which type an instance of a Python class is."""
    return {
        part.python_class: Home(part, name)
        for name, type_parts in parts.items()
        if name not in ROOT_TYPES
        for part in type_parts
        if part.python_class is not None and isinstance(part.type, GraphQLObjectType)
    }


def _resolve_type(homes: Mapping[type, Home]) -> ResolveType:
    def resolve_type(value: Any, info: Any, abstract_type: Any) -> str | None:
        del info, abstract_type
        home = homes.get(type(value))
        return home.type_name if home is not None else None

    return resolve_type


def _owners(parts: TypeParts) -> dict[tuple[str, str], str]:
    return {
        (name, field): providers_of(type_parts, field)[0].part.subgraph
        for name, type_parts in parts.items()
        for field in field_names(type_parts)
    }
