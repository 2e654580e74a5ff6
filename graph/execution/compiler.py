"""Compiles a valid operation into plans: which fields, from which subgraph, in which order.

Everything that does not depend on data is decided here, once for each document: fields are
collected and merged, arguments worked out, subgraphs chosen, and code generated.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from graph.compose.attributes import Attribute
from graph.compose.references import Finder, undeclared
from graph.compose.routing import Step
from graph.execution.arguments import Arguments
from graph.execution.generated import build_function, fill_function
from graph.execution.held import at_hand, held_plan, held_plan_of_field
from graph.execution.leaves import is_odd, leaf_completer
from graph.execution.plans import (
    FieldPlan,
    ForeignGroup,
    SelectionPlan,
    Selections,
    Shape,
)
from graph.execution.reads import Batch, Call, read_of
from graph.execution.request import Request
from subgraphs.shared.lookahead import Place

TYPENAME = "__typename"


class Compiler:
    """Plans one operation for one set of `@skip` and `@include` conditions."""

    def __init__(
        self, request: Request, root_type: GraphQLObjectType, variables: VariableValues
    ) -> None:
        self._request = request
        self._root_type = root_type
        self._schema = request.executable.schema
        self._variables = variables

    def root(self) -> SelectionPlan:
        """The plan of the operation."""
        request = self._request
        collected = collect_fields(
            self._schema, request.fragments, self._variables, self._root_type, request.operation
        )
        return self._selection(self._root_type, None, collected.grouped_field_set)

    def _selection(
        self,
        type_: GraphQLObjectType,
        python_class: type | None,
        grouped: Mapping[str, FieldDetailsList],
    ) -> SelectionPlan:
        template: dict[str, Any] = {}
        own: list[FieldPlan] = []
        foreign: dict[Finder, list[FieldPlan]] = {}
        subgraphs: dict[Finder, str] = {}
        for position, (key, details) in enumerate(grouped.items()):
            is_typename = details[0].node.name.value == TYPENAME
            template[key] = type_.name if is_typename else None
            if is_typename:
                continue
            step = self._step(type_, python_class, details)
            field = self._field(type_, step, key, position, details)
            if step is None or step.finder is None:
                own.append(field)
            else:
                foreign.setdefault(step.finder, []).append(field)
                subgraphs[step.finder] = step.subgraph
        attributes, fields = _split(own)
        groups = [
            _foreign_group(subgraphs[finder], finder, group) for finder, group in foreign.items()
        ]
        return SelectionPlan(
            type=type_,
            attributes=attributes,
            fields=fields,
            foreign=groups,
            held=held_plan(template, attributes, fields, groups),
            build=build_function(template, attributes),
            template=template,
        )

    def _step(
        self, type_: GraphQLObjectType, python_class: type | None, details: FieldDetailsList
    ) -> Step | None:
        steps = self._request.executable.routes.steps.get((type_.name, details[0].node.name.value))
        if steps is None:
            return None
        if len(steps) == 1:
            return next(iter(steps.values()))
        return steps.get(python_class) or _undeclared_step(type_)

    def _field(
        self,
        type_: GraphQLObjectType,
        step: Step | None,
        key: str,
        position: int,
        details: FieldDetailsList,
    ) -> FieldPlan:
        node = details[0].node
        definition = self._schema.get_field(type_, node.name.value)
        assert definition is not None  # noqa: S101  # the document is valid
        named = get_named_type(definition.type)
        is_leaf = is_leaf_type(named)
        shape, is_nonnull, are_items_nonnull = _shape_of(definition.type)
        place = Place([each.node for each in details], self._request.fragment_definitions)
        declared = definition if step is None else step.field
        read = read_of(declared, place, is_root=type_ is self._root_type)
        is_called = isinstance(read, Batch | Call)
        if is_leaf:
            selections, suspends = Selections(lambda _: None), is_called
        else:
            selections, expected = self._selections(named, details, self._owner(type_, step, node))
            suspends = is_called or expected is None or expected.suspends
        return FieldPlan(
            key=key,
            position=position,
            details=details,
            field=definition,
            parent_type=type_,
            read=read,
            arguments=Arguments(definition, node),
            shape=shape,
            is_nonnull=is_nonnull,
            are_items_nonnull=are_items_nonnull,
            complete_leaf=leaf_completer(definition.type) if is_leaf else None,
            selections=selections,
            suspends=suspends,
            held=held_plan_of_field(read, shape, selections),
        )

    def _owner(self, type_: GraphQLObjectType, step: Step | None, node: FieldNode) -> str:
        """The subgraph that a field's values come from; none for a schema of one."""
        if step is not None:
            return step.subgraph
        return self._request.executable.routes.owners.get((type_.name, node.name.value), "")

    def _selections(
        self, named: Any, details: FieldDetailsList, subgraph: str
    ) -> tuple[Selections, SelectionPlan | None]:
        """The plans of what a field has, and the one for what its subgraph means by an object.

        Others are made when a class is first met: of an interface, not every type is.
        """
        plans: dict[tuple[str, type | None], SelectionPlan] = {}

        def find(python_class: type) -> SelectionPlan | None:
            type_ = self._type_of(named, python_class)
            if type_ is None:
                return None
            known = python_class if self._is_shared(type_) else None
            if (type_.name, known) not in plans:
                collected = self._collected(type_, details)
                plans[type_.name, known] = self._selection(
                    type_, known, collected.grouped_field_set
                )
            return plans[type_.name, known]

        selections = Selections(find)
        if is_abstract_type(named):
            return selections, None
        expected = self._request.executable.classes.get((named.name, subgraph), object)
        return selections, selections[expected]

    def _collected(self, type_: GraphQLObjectType, details: FieldDetailsList) -> CollectedFields:
        request = self._request
        return collect_subfields(
            self._schema, request.fragments, self._variables, request.operation, type_, details
        )

    def _type_of(self, named: Any, python_class: type) -> GraphQLObjectType | None:
        """The object type of a value; `None` where only graphql-core's own way can tell."""
        if is_odd(python_class):
            return None
        declared = self._request.executable.type_names.get(python_class)
        if not is_abstract_type(named):
            is_known = named.is_type_of is None or declared == named.name
            return named if is_known else None
        type_ = self._schema.get_type(declared) if declared is not None else None
        if not isinstance(type_, GraphQLObjectType) or not self._schema.is_sub_type(named, type_):
            return None
        return type_

    def _is_shared(self, type_: GraphQLObjectType) -> bool:
        """Whether the class of an instance decides how its fields are read."""
        steps = self._request.executable.routes.steps
        return any(len(steps.get((type_.name, name), ())) > 1 for name in type_.fields)


def _undeclared_step(type_: GraphQLObjectType) -> Step:
    """What no subgraph declares has no field that could be read."""

    def resolve(source: Any, _info: Any, **_arguments: Any) -> Any:
        raise undeclared(source, type_.name)

    return Step("", GraphQLField(type_, resolve=resolve), None)


def _shape_of(type_: Any) -> tuple[Shape, bool, bool]:
    """The shape, whether the value is non-null, and whether a list's items are."""
    is_nonnull = isinstance(type_, GraphQLNonNull)
    inner = type_.of_type if is_nonnull else type_
    if not isinstance(inner, GraphQLList):
        return Shape.ONE, is_nonnull, False
    are_items_nonnull = isinstance(inner.of_type, GraphQLNonNull)
    item = inner.of_type.of_type if are_items_nonnull else inner.of_type
    shape = Shape.NESTED if isinstance(item, GraphQLList) else Shape.LIST
    return shape, is_nonnull, are_items_nonnull


def _split(fields: Sequence[FieldPlan]) -> tuple[list[FieldPlan], list[FieldPlan]]:
    """The leaves that generated code reads, and all other fields."""
    attributes = [
        field
        for field in fields
        if isinstance(field.read, Attribute) and field.complete_leaf is not None
    ]
    return attributes, [field for field in fields if field not in attributes]


def _foreign_group(subgraph: str, finder: Finder, group: Sequence[FieldPlan]) -> ForeignGroup:
    attributes, fields = _split(group)
    return ForeignGroup(
        attributes=attributes,
        fields=fields,
        subgraph=subgraph,
        finder=finder,
        fill=fill_function(attributes),
        at_hand=at_hand(finder, attributes),
    )
