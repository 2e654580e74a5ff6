"""Completes stubs: from an instance of one subgraph, the same entity's instance of another.

Completions of one execution are batched: siblings make one call for each subgraph.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import isawaitable
from operator import attrgetter
from typing import Any

from graphql import (
    FieldNode,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.values import VariableValues, get_argument_values

from core.loader import BatchLoader
from graph.compose.definitions import ResolveInfo, TypePart, definition_of
from graph.compose.merging import TypeMerger
from graph.compose.subgraph import SubgraphSchema

NO_VARIABLES = VariableValues({}, {})


@dataclass(frozen=True, slots=True)
class Home:
    """Where a Python class is declared, and as what."""

    part: TypePart
    type_name: str


@dataclass(frozen=True, slots=True)
class PlainKey:
    """A key of one leaf field that is an attribute of the stub: the usual and the fast case."""

    name: str
    read: Any
    serialize: Any


class ReferenceResolver:
    """Finds entities in the subgraph that owns them. One for each composed schema."""

    def __init__(
        self,
        subgraphs: Mapping[str, SubgraphSchema],
        homes: Mapping[type, Home],
        merger: TypeMerger,
    ) -> None:
        self._subgraphs = subgraphs
        self._homes = homes
        self._merger = merger
        self._plain_keys: dict[tuple[str, str, type], PlainKey | None] = {}

    def complete(self, type_name: str, target: TypePart, source: Any, info: ResolveInfo) -> Any:
        """The target subgraph's instance of the entity that `source` is.

        A value or an exception when it was loaded before in this execution, else an awaitable.
        `None` when the entity does not exist.
        """
        loader = self._loader(target.subgraph, info)
        plain = self._plain_key(type_name, target, source)
        if plain is None:
            return self._complete_by_selection(type_name, target, source, info)
        value = plain.serialize(plain.read(source))
        key = (type_name, plain.name, value)
        if loader.finished(key):
            return loader.value_of(key)
        return loader.load(key)

    async def complete_with(
        self,
        type_name: str,
        target: TypePart,
        source: Any,
        info: ResolveInfo,
        requires: SelectionSetNode,
    ) -> Any:
        """Like `complete`, with required fields of other subgraphs in the representation."""
        return await self._complete_by_selection(type_name, target, source, info, requires)

    async def _complete_by_selection(
        self,
        type_name: str,
        target: TypePart,
        source: Any,
        info: ResolveInfo,
        requires: SelectionSetNode | None = None,
    ) -> Any:
        key = self._best_key(target, source)
        representation = {
            "__typename": type_name,
            **await self._selected(type_name, source, key, info),
        }
        if None in representation.values():
            return None
        if requires is not None:
            representation |= await self._selected(type_name, source, requires, info)
        text = json.dumps(representation, sort_keys=True)
        return await self._loader(target.subgraph, info).load((type_name, None, text))

    def _loader(self, subgraph: str, info: ResolveInfo) -> BatchLoader[Any, Any]:
        """The one loader of this execution for a subgraph."""
        scope = info.context.scope
        loader = scope.get(subgraph)
        if loader is None:
            schema, context = self._subgraphs[subgraph], info.context

            async def fetch(keys: list[Any]) -> list[Any]:
                return await schema.resolve_entities(
                    context, [_representation(*key) for key in keys]
                )

            loader = scope[subgraph] = BatchLoader(fetch)
        return loader

    def _best_key(self, target: TypePart, source: Any) -> SelectionSetNode:
        """The first key of the target whose fields the source has itself, else its first key."""
        own = self._homes[type(source)].part.fields
        return next(
            (
                key
                for key in target.keys
                if all(
                    isinstance(node, FieldNode) and node.name.value in own
                    for node in key.selections
                )
            ),
            target.keys[0],
        )

    def _plain_key(self, type_name: str, target: TypePart, source: Any) -> PlainKey | None:
        cached = (type_name, target.subgraph, type(source))
        if cached not in self._plain_keys:
            self._plain_keys[cached] = self._find_plain_key(target, source)
        return self._plain_keys[cached]

    def _find_plain_key(self, target: TypePart, source: Any) -> PlainKey | None:
        home = self._homes.get(type(source))
        if home is None:
            message = (
                f"a resolver returned {type(source).__name__}, which no subgraph declares as a type"
            )
            raise TypeError(message)
        key = self._best_key(target, source)
        node = key.selections[0]
        assert isinstance(node, FieldNode)  # noqa: S101  # keys have no fragments, see refusals
        field = home.part.fields.get(node.name.value)
        if len(key.selections) > 1 or field is None or not definition_of(field).is_basic_field:
            return None
        leaf = get_named_type(field.type)
        if not is_leaf_type(leaf):
            return None
        return PlainKey(
            name=node.name.value,
            read=attrgetter(definition_of(field).python_name),
            serialize=leaf.coerce_output_value,
        )

    async def _selected(
        self, type_name: str, source: Any, selections: SelectionSetNode, info: ResolveInfo
    ) -> dict[str, Any]:
        """A field set read from `source` through the composed resolvers, as JSON."""
        found: dict[str, Any] = {}
        for node in selections.selections:
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or condition.name.value == type_name:
                    found |= await self._selected(type_name, source, node.selection_set, info)
            elif isinstance(node, FieldNode):
                found[node.name.value] = await self._field_value(type_name, source, node, info)
        return found

    async def _field_value(
        self, type_name: str, source: Any, node: FieldNode, info: ResolveInfo
    ) -> Any:
        name = node.name.value
        if name == "__typename":
            return type_name
        field: Any = self._merger.fields_of(type_name)[name]
        home = self._homes[type(source)]
        if name in home.part.key_fields:
            # A key is always on the stub itself; the composed field might go round in a circle.
            field = home.part.fields[name]
        arguments = get_argument_values(field, node, NO_VARIABLES)
        value = await _settled(field.resolve(source, info, **arguments))
        return await self._as_json(field.type, value, node, info)

    async def _as_json(self, type_: Any, value: Any, node: FieldNode, info: ResolveInfo) -> Any:
        if isinstance(value, Exception):
            raise value
        if value is None:
            return None
        if isinstance(type_, GraphQLNonNull):
            return await self._as_json(type_.of_type, value, node, info)
        if isinstance(type_, GraphQLList):
            return [
                await self._as_json(type_.of_type, await _settled(item), node, info)
                for item in value
            ]
        if node.selection_set is not None:
            home = self._homes[type(value)]
            return await self._selected(home.type_name, value, node.selection_set, info)
        leaf: GraphQLLeafType = type_
        return leaf.coerce_output_value(value)


def _representation(type_name: str, name: str | None, value: Any) -> dict[str, Any]:
    if name is None:
        return json.loads(value)
    return {"__typename": type_name, name: value}


async def _settled(value: Any) -> Any:
    return await value if isawaitable(value) else value
