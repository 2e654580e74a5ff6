"""One operation of a document, and what of its schema an engine needs to run it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.collect_fields import FragmentDetails
from strawberry.types.base import StrawberryObjectDefinition

from graph.compose.definitions import definition_of
from graph.compose.routing import ROUTES, Routes
from graph.execution.reference import Handovers, ReferenceOperation

NO_ROUTES = Routes(steps={}, homes={}, owners={})


@dataclass(frozen=True, slots=True)
class Executable:
    """A schema with what is known of it before any operation."""

    schema: GraphQLSchema
    routes: Routes
    type_names: Mapping[type, str]
    """The object types that instances of Python classes are."""
    classes: Mapping[tuple[str, str], type]
    """The Python class of a type in a subgraph."""

    @classmethod
    def of(cls, schema: GraphQLSchema) -> "Executable":
        """What is known of a schema, composed or not."""
        routes: Routes | None = schema.extensions.get(ROUTES)
        if routes is None:
            return cls(schema, NO_ROUTES, _declared_types(schema), {})
        homes = routes.homes.items()
        names = {python_class: home.type_name for python_class, home in homes}
        classes = {(home.type_name, home.part.subgraph): each for each, home in homes}
        return cls(schema, routes, names, classes)


@dataclass(frozen=True, slots=True)
class Request:
    """An operation of a valid document, and what stays the same each time it runs."""

    executable: Executable
    document: DocumentNode
    operation: OperationDefinitionNode
    handovers: Handovers
    fragment_definitions: dict[str, FragmentDefinitionNode] = field(init=False)
    fragments: dict[str, FragmentDetails] = field(init=False)

    def __post_init__(self) -> None:
        definitions = {
            node.name.value: node
            for node in self.document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        details = {name: FragmentDetails(node) for name, node in definitions.items()}
        object.__setattr__(self, "fragment_definitions", definitions)
        object.__setattr__(self, "fragments", details)

    @property
    def root_type(self) -> GraphQLObjectType | None:
        """The type of the operation's root fields, where the schema has one."""
        return self.executable.schema.get_root_type(self.operation.operation)

    def by_graphql_core(self) -> ReferenceOperation:
        """The same operation, executed without a plan."""
        return ReferenceOperation(self.executable.schema, self.document, self.operation)


def _declared_types(schema: GraphQLSchema) -> dict[type, str]:
    """The object types of Strawberry's classes; those of generic ones depend on the field."""
    found = [
        (definition.origin, name)
        for name, type_ in schema.type_map.items()
        if isinstance(type_, GraphQLObjectType)
        and isinstance(definition := definition_of(type_), StrawberryObjectDefinition)
        and not definition.is_type_of
    ]
    times = Counter(origin for origin, _ in found)
    return {origin: name for origin, name in found if times[origin] == 1}
