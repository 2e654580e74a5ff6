"""Completes stubs: from an instance of one subgraph, the same entity's instance of another.

Completions of one execution are batched: siblings make one call for each subgraph.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable
from operator import attrgetter
from types import NoneType
from typing import Any, Protocol, cast

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)
from graphql.execution.values import VariableValues, get_argument_values

from core.loader import BatchLoader
from graph.compose.attributes import attribute_of
from graph.compose.definitions import ResolveInfo, TypePart, names_in
from graph.compose.reach import Way
from graph.compose.subgraph import SubgraphSchema
from subgraphs.shared.columns import within_parent
from subgraphs.shared.entities import ENTITY_KEY, KEY, EntityKey

NO_VARIABLES = VariableValues({}, {})

Known = Callable[[Sequence[Any], Any], list[Any] | None]
"""What is at hand for many, in an execution's context; `None` if not all of it is."""
InfoOf = Callable[[int], ResolveInfo]
"""The resolve info for the source of an index, for those who need one."""


class Finder(Protocol):
    """Finds another subgraph's instance of the entity that a source is.

    Finds an instance, `None` when the entity does not exist, or an exception.
    """

    def __call__(self, source: Any, info: ResolveInfo) -> Any:
        """For one source: at once when it was loaded before in this execution, else awaitable."""
        ...

    async def find_all(self, sources: Sequence[Any], context: Any, info_of: InfoOf) -> list[Any]:
        """For all `sources` of one level, with one call of the other subgraph."""
        ...


FieldsOf = Callable[[str], Mapping[str, GraphQLField]]


@dataclass(frozen=True, slots=True)
class Home:
    """Where a Python class is declared, and as what."""

    part: TypePart
    type_name: str


class ReferenceResolver:
    """Finds entities in the subgraph that owns them. One for each composed schema."""

    def __init__(
        self,
        subgraphs: Mapping[str, SubgraphSchema],
        homes: Mapping[type, Home],
        fields_of: FieldsOf,
    ) -> None:
        self._subgraphs = subgraphs
        self._homes = homes
        self._fields_of = fields_of
        self._finders: dict[Any, Finder] = {}

    def finder(
        self, type_name: str, start: TypePart, way: Way, requires: SelectionSetNode | None
    ) -> Finder:
        """How instances of `start` are completed along `way`, with what the field requires.

        Fields that are completed alike share one finder.
        """
        if requires is not None:
            return SelectionFinder(self, type_name, way, requires)
        key = (type_name, start, way.part)
        if key not in self._finders:
            self._finders[key] = self._finder(type_name, start, way)
        return self._finders[key]

    def _finder(self, type_name: str, start: TypePart, way: Way) -> Finder:
        common = _common_key(start, way)
        if common is not None:
            return CommonKeyFinder(*common)
        plain = _plain_key(start, way)
        if plain is not None:
            return KeyFinder(self, type_name, way, *plain)
        return SelectionFinder(self, type_name, way, None)

    async def found_by_selection(
        self,
        type_name: str,
        way: Way,
        source: Any,
        info: ResolveInfo,
        requires: SelectionSetNode | None,
    ) -> Any:
        """Completes a source whose key or requirements are more than one attribute."""
        representation = await self._selected(source, way.key, info)
        if _has_null(representation):
            return None
        if requires is not None:
            representation |= await self._selected(source, requires, info)
        text = json.dumps({"__typename": type_name, **representation}, sort_keys=True)
        return await self.loader(way.part.subgraph, info.context).load((type_name, None, text))

    def loader(self, subgraph: str, context: Any) -> BatchLoader[Any, Any]:
        """The one loader of this execution for a subgraph."""
        loader = context.scope.get(subgraph)
        if loader is None:
            schema = self._subgraphs[subgraph]

            async def fetch(keys: list[Any]) -> list[Any]:
                return await schema.resolve_entities(
                    context, [_representation(*key) for key in keys]
                )

            loader = context.scope[subgraph] = BatchLoader(fetch)
        return loader

    async def _selected(
        self, source: Any, selections: SelectionSetNode, info: ResolveInfo
    ) -> dict[str, Any]:
        """A field set read from `source` through the composed resolvers, as JSON."""
        home = self._homes.get(type(source))
        if home is None:
            raise undeclared(source, "a type")
        found: dict[str, Any] = {}
        for node in selections.selections:
            if isinstance(node, FieldNode):
                found[node.name.value] = await self._field_value(home, source, node, info)
                continue
            fragment = cast("InlineFragmentNode", node)  # field sets have no named ones
            if _applies(fragment, home.type_name, info.schema):
                found |= await self._selected(source, fragment.selection_set, info)
        return found

    async def _field_value(
        self, home: Home, source: Any, node: FieldNode, info: ResolveInfo
    ) -> Any:
        name = node.name.value
        if name == "__typename":
            return home.type_name
        # A key is always on the stub itself; the composed field might go round in a circle.
        is_key = name in home.part.key_fields
        field: Any = home.part.fields[name] if is_key else self._fields_of(home.type_name)[name]
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
            return await self._selected(value, node.selection_set, info)
        return type_.coerce_output_value(value)


class CommonKeyFinder:
    """Both subgraphs know the entity by the same key, which need not become an id in between."""

    __slots__ = ("_find", "_known", "_path", "_read")

    def __init__(self, start: EntityKey, owner: EntityKey) -> None:
        self._path = start.path
        self._read = attrgetter(start.path)
        self._find = owner.find
        self._known = owner.known

    def __call__(self, source: Any, info: ResolveInfo) -> Any:
        key = self._read(source)
        if key is None:
            return None
        loader = self._loader(info.context)
        return loader.value_of(key) if loader.finished(key) else loader.load(key)

    def known(self, sources: Sequence[Any], context: Any) -> list[Any] | None:
        """What those hold whom `find_all` would find, where all is at hand and nothing absent."""
        return self._known_of(list(map(self._read, sources)), context)

    def known_from_held(self) -> Known | None:
        """The same from what the sources hold; `None` where their key is not in that."""
        path = within_parent(self._path)
        if not path:
            return None if path is None else self._known_of
        read = attrgetter(path)
        return lambda held, context: self._known_of(list(map(read, held)), context)

    def _known_of(self, keys: Sequence[Any], context: Any) -> list[Any] | None:
        return None if NoneType in set(map(type, keys)) else self._known(context, keys)

    async def find_all(self, sources: Sequence[Any], context: Any, info_of: InfoOf) -> list[Any]:
        del info_of
        keys = [self._read(source) for source in sources]
        known = [key for key in keys if key is not None]
        found = await self._find(context, known)
        if len(found) != len(known):
            message = f"{len(known)} keys were answered with {len(found)} instances"
            raise RuntimeError(message)
        if len(known) == len(keys):
            return found
        rest = iter(found)
        return [None if key is None else next(rest) for key in keys]

    def _loader(self, context: Any) -> BatchLoader[Any, Any]:
        loader = context.scope.get(self._find)
        if loader is None:
            loader = context.scope[self._find] = BatchLoader(partial(self._find, context))
        return loader


class KeyFinder:
    """The usual case of others: the key is one attribute of the stub."""

    __slots__ = ("_name", "_read", "_references", "_serialize", "_subgraph", "_type_name")

    def __init__(
        self,
        references: ReferenceResolver,
        type_name: str,
        way: Way,
        name: str,
        read: Callable[[Any], Any],
        serialize: Callable[[Any], Any],
    ) -> None:
        self._references = references
        self._type_name = type_name
        self._subgraph = way.part.subgraph
        self._name = name
        self._read = read
        self._serialize = serialize

    def __call__(self, source: Any, info: ResolveInfo) -> Any:
        value = self._read(source)
        if value is None:
            return None
        loader = self._references.loader(self._subgraph, info.context)
        key = (self._type_name, self._name, self._serialize(value))
        return loader.value_of(key) if loader.finished(key) else loader.load(key)

    async def find_all(self, sources: Sequence[Any], context: Any, info_of: InfoOf) -> list[Any]:
        del info_of
        values = [self._read(source) for source in sources]
        loader = self._references.loader(self._subgraph, context)
        type_name, name, serialize = self._type_name, self._name, self._serialize
        keys = [(type_name, name, serialize(value)) for value in values if value is not None]
        found = await loader.load_all(keys)
        if len(found) == len(values):
            return found
        rest = iter(found)
        return [None if value is None else next(rest) for value in values]


class SelectionFinder:
    """The key has several fields, or the field requires others."""

    __slots__ = ("_references", "_requires", "_type_name", "_way")

    def __init__(
        self,
        references: ReferenceResolver,
        type_name: str,
        way: Way,
        requires: SelectionSetNode | None,
    ) -> None:
        self._references = references
        self._type_name = type_name
        self._way = way
        self._requires = requires

    def __call__(self, source: Any, info: ResolveInfo) -> Any:
        return self._references.found_by_selection(
            self._type_name, self._way, source, info, self._requires
        )

    async def find_all(self, sources: Sequence[Any], context: Any, info_of: InfoOf) -> list[Any]:
        del context
        pending = [self(source, info_of(index)) for index, source in enumerate(sources)]
        return await asyncio.gather(*pending, return_exceptions=True)


def undeclared(value: Any, wanted: str) -> TypeError:
    """A resolver returned something that no subgraph could have meant."""
    message = f"a resolver returned {type(value).__name__}, which no subgraph declares as {wanted}"
    return TypeError(message)


def _common_key(start: TypePart, way: Way) -> tuple[EntityKey, EntityKey] | None:
    """The keys of `start`'s instances and of those at the end of `way`, if they are the same."""
    known: EntityKey | None = getattr(start.python_class, ENTITY_KEY, None)
    wanted: EntityKey | None = getattr(way.part.python_class, ENTITY_KEY, None)
    if known is None or wanted is None or known.kind is not wanted.kind:
        return None
    return (known, wanted) if names_in(way.key) == [KEY] else None


def _plain_key(start: TypePart, way: Way) -> tuple[str, Any, Any] | None:
    """Name, reader and serializer of a key that is one attribute of `start`'s instances."""
    names = names_in(way.key)
    field = start.fields.get(names[0])
    attribute = attribute_of(field) if field is not None else None
    if len(names) > 1 or field is None or attribute is None:
        return None
    leaf: Any = get_nullable_type(field.type)
    if not is_leaf_type(leaf):
        return None
    return names[0], attribute.read, leaf.coerce_output_value


def _applies(fragment: InlineFragmentNode, type_name: str, schema: GraphQLSchema) -> bool:
    """Whether a fragment of a field set selects from an object type."""
    condition = fragment.type_condition
    if condition is None or condition.name.value == type_name:
        return True
    abstract, concrete = schema.get_type(condition.name.value), schema.get_type(type_name)
    return (
        is_abstract_type(abstract)
        and is_object_type(concrete)
        and schema.is_sub_type(abstract, concrete)
    )


def _representation(type_name: str, name: str | None, value: Any) -> dict[str, Any]:
    return json.loads(value) if name is None else {"__typename": type_name, name: value}


def _has_null(value: Any) -> bool:
    """Whether a key is incomplete, and thereby names nothing."""
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return value is None


async def _settled(value: Any) -> Any:
    return await value if isawaitable(value) else value
