"""Plans that read entities from what they hold, without the entities.

An entity is an object around a row or a key. Where nothing but attributes is asked of it, and what
other subgraphs have of it is at hand, the object would be made only to be thrown away.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from graph.compose.attributes import Attribute
from graph.compose.references import CommonKeyFinder, Finder
from graph.execution.generated import build_function, fill_function
from graph.execution.plans import AtHand, FieldPlan, ForeignGroup, HeldPlan, Selections, Shape
from graph.execution.reads import Read
from subgraphs.shared.columns import within_parent
from subgraphs.shared.entities import ENTITY_KEY
from subgraphs.shared.showing import Shown


def held_plan(
    template: Mapping[str, Any],
    attributes: Sequence[FieldPlan],
    fields: Sequence[FieldPlan],
    foreign: Sequence[ForeignGroup],
) -> HeldPlan | None:
    """The plan for a selection set that has nothing but attributes; else `None`."""
    groups = [
        (group.at_hand.known_from_held, group.at_hand.fill)
        for group in foreign
        if group.at_hand and group.at_hand.known_from_held and not group.fields
    ]
    if fields or len(groups) < len(foreign) or not _are_held(attributes):
        return None
    return HeldPlan(build_function(template, attributes, are_held=True), groups)


def held_plan_of_field(read: Read, shape: Shape, selections: Selections) -> HeldPlan | None:
    """The plan for the entities that a field shows; `None` where it shows anything else."""
    if not isinstance(read, Attribute) or shape is not Shape.ONE:
        return None
    if not isinstance(read.shown, Shown) or not hasattr(read.shown.declared, ENTITY_KEY):
        return None
    plan = selections[read.shown.declared]
    return None if plan is None else plan.held


def at_hand(finder: Finder, attributes: Sequence[FieldPlan]) -> AtHand | None:
    """How attributes of what `finder` finds are read when it is at hand; `None` if it never is."""
    if not isinstance(finder, CommonKeyFinder) or not _are_held(attributes):
        return None
    fill = fill_function(attributes, are_held=True)
    return AtHand(finder.known, finder.known_from_held(), fill)


def _are_held(attributes: Sequence[FieldPlan]) -> bool:
    return all(
        isinstance(field.read, Attribute) and within_parent(field.read.path) is not None
        for field in attributes
    )
