"""What a compiled operation is made of: for each selection set, the order in which it is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import NoneType
from typing import Any

from graphql import GraphQLError, GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList

from graph.compose.references import Finder, Known
from graph.execution.arguments import Arguments
from graph.execution.paths import Order
from graph.execution.reads import Read


class Unsupported(Exception):
    """The operation needs something that only graphql-core's executor does."""


class Shape(Enum):
    """How the values of a field hold what is completed."""

    ONE = "one"
    LIST = "list"
    NESTED = "nested"
    """Lists of lists, which graphql-core completes."""


@dataclass(slots=True, eq=False)
class FieldPlan:
    """One response key of one selection set, read from the instances of one class."""

    key: str
    position: int
    """Its place among the keys of the selection set."""
    details: FieldDetailsList
    field: GraphQLField
    """As the composed schema has it: its type decides what may be null."""
    parent_type: GraphQLObjectType
    read: Read
    arguments: Arguments
    shape: Shape
    is_nonnull: bool
    are_items_nonnull: bool
    complete_leaf: Callable[[Any], Any] | None
    """Completes a leaf or a list of leaves; raises for what takes a closer look."""
    selections: "Selections"
    suspends: bool
    """Whether others can run while its values are waited for."""
    held: "HeldPlan | None"
    """For entities of which attributes alone are selected."""

    @property
    def name(self) -> str:
        return self.details[0].node.name.value

    @property
    def type_name(self) -> str:
        return self.parent_type.name

    @property
    def type(self) -> Any:
        return self.field.type


Build = Callable[[Sequence[Any]], list[dict[str, Any]]]
Fill = Callable[[Sequence[Any], list[Any]], None]


@dataclass(slots=True, eq=False)
class ForeignGroup:
    """Fields of another subgraph, which all parents of the level are completed for in one call."""

    attributes: Sequence[FieldPlan]
    fields: Sequence[FieldPlan]
    subgraph: str
    finder: Finder
    fill: Fill
    """Puts the attributes of found instances into the answers of their parents."""
    at_hand: "AtHand | None"
    """How the attributes are read without a task that would wait, where that may be possible."""


@dataclass(frozen=True, slots=True)
class AtHand:
    """Attributes of entities that another subgraph has at hand, read from what those hold."""

    known: Known
    """From the sources."""
    known_from_held: Known | None
    """From what the sources hold; `None` where that does not have their key."""
    fill: Fill


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """The attributes of one class of entities, read from what the entities hold."""

    build: Build
    groups: Sequence[tuple[Known, Fill]]
    """Those of other subgraphs."""

    def answers(self, held: Sequence[Any], context: Any) -> list[dict[str, Any]] | None:
        """An answer for each; `None` where not all is at hand. Raises as a leaf does."""
        if NoneType in set(map(type, held)):
            return None
        known_of_groups: list[list[Any]] = []
        for known, _ in self.groups:
            found = known(held, context)
            if found is None:
                return None
            known_of_groups.append(found)
        answers = self.build(held)
        for (_, fill), found in zip(self.groups, known_of_groups, strict=True):
            fill(found, answers)
        return answers


@dataclass(slots=True, eq=False)
class SelectionPlan:
    """The selection set of one object type, for the instances of one class."""

    type: GraphQLObjectType
    attributes: Sequence[FieldPlan]
    """Leaves that are plain attributes, read by generated code."""
    fields: Sequence[FieldPlan]
    """Everything else of the same instances, one field after the other or together."""
    foreign: Sequence[ForeignGroup]
    held: HeldPlan | None
    """The same from what its objects hold, where that is all that is needed."""
    build: Build
    """The answers with their attributes and a place for each other key; raises as a leaf does."""
    template: Mapping[str, Any]
    """The keys in their order, with the constants among the values."""

    @property
    def is_constant(self) -> bool:
        """Whether its answer is its template, such as that to `{ __typename }`."""
        return not (self.attributes or self.fields or self.foreign)

    @property
    def suspends(self) -> bool:
        """Whether others can run while it is read."""
        return bool(self.foreign) or any(field.suspends for field in self.fields)


class Selections(dict[type, SelectionPlan | None]):
    """The plan for the instances of each Python class that a field may have.

    `None` for what takes a closer look: nothing, exceptions, awaitables, undeclared classes.
    """

    def __init__(self, find: Callable[[type], SelectionPlan | None]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, python_class: type) -> SelectionPlan | None:
        plan = self[python_class] = self._find(python_class)
        return plan


@dataclass(frozen=True, slots=True)
class Null:
    """In place of an answer: a non-null position in it was null, for which `error` was raised."""

    error: GraphQLError
    order: Order
    """Where the error is in the response."""
    position: int
    """Of the field that it came from: of several, the first as selected is reported."""
