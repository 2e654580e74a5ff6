"""Rules of the graph: everything says who may use it, describes itself and loads in batches."""

import inspect
from dataclasses import fields

import pytest
from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from graph.compose.definitions import ROOT_TYPES, definition_of
from graph.schema import SUBGRAPH_NAMES, build_composition, build_subgraph
from subgraphs.shared.access import Audience, VisibleTo
from subgraphs.shared.columns import PARENT
from subgraphs.shared.entities import ENTITY_KEY, Node

OWN_WAYS = (Node.of.__func__, Node.of_all.__func__)


@pytest.fixture(scope="module")
def composition():
    return build_composition()


@pytest.fixture(scope="module", params=SUBGRAPH_NAMES)
def subgraph(request):
    return build_subgraph(request.param)


def keyed_classes(subgraph):
    """The Python classes of types with a resolvable key."""
    for type_ in subgraph.core_schema.type_map.values():
        definition = definition_of(type_)
        keys = [
            each
            for each in getattr(definition, "directives", None) or ()
            if hasattr(each, "resolvable")
        ]
        if any(key.resolvable is not False for key in keys):
            yield definition.origin


class TestMutations:
    def test_state_who_may_use_them(self, subgraph):
        mutation = subgraph.core_schema.mutation_type
        fields = mutation.fields if mutation is not None else {}

        silent = [
            name
            for name, field in fields.items()
            if not any(isinstance(each, VisibleTo) for each in definition_of(field).extensions)
        ]

        assert silent == []


class TestEntities:
    def test_state_who_may_use_them(self, subgraph):
        silent = [
            cls.__name__
            for cls in keyed_classes(subgraph)
            if not isinstance(getattr(cls, "__audience__", None), Audience)
        ]

        assert silent == []

    def test_resolve_references_in_batches_of_their_own(self, subgraph):
        classes = list(keyed_classes(subgraph))

        parameters = {
            cls.__name__: list(inspect.signature(cls.resolve_references).parameters)
            for cls in classes
        }

        assert parameters == {cls.__name__: ["context", "representations"] for cls in classes}
        assert all("resolve_references" in vars(cls) for cls in classes)

    def test_hold_what_they_show_and_nothing_else(self, subgraph):
        """The engine may read what they hold without them (`graph/execution/held.py`)."""
        definitions = map(definition_of, subgraph.core_schema.type_map.values())
        classes = [getattr(each, "origin", None) for each in definitions]
        entities = [each for each in classes if hasattr(each, ENTITY_KEY)]

        assert entities
        for cls in entities:
            held = [each.name for each in fields(cls) if each.init]
            assert held == [PARENT], cls
            assert (cls.of.__func__, cls.of_all.__func__) == OWN_WAYS, cls


class TestDescriptions:
    def test_are_on_every_type_and_field(self, composition):
        silent = [
            path
            for name, type_ in composition.schema.type_map.items()
            if not name.startswith("__") and name not in ROOT_TYPES
            for path, element in elements(name, type_)
            if not element.description
        ] + [
            f"{root}.{name}"
            for root in ROOT_TYPES
            for name, field in composition.schema.type_map[root].fields.items()
            if not field.description
        ]

        assert silent == []

    def test_are_on_every_argument(self, composition):
        silent = [
            f"{type_name}.{field_name}({argument_name}:)"
            for type_name, type_ in composition.schema.type_map.items()
            if isinstance(type_, GraphQLObjectType) and not type_name.startswith("__")
            for field_name, field in type_.fields.items()
            for argument_name, argument in field.args.items()
            if not argument.description and argument_name != "input"
        ]

        assert silent == []


def elements(name, type_):
    yield name, type_
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        for field_name, field in type_.fields.items():
            yield f"{name}.{field_name}", field
