"""Sorts the values of one field by how they are completed."""

from collections.abc import Sequence
from typing import Any

from graph.execution.plans import FieldPlan, SelectionPlan, Shape

LISTS = frozenset({list, tuple})

Place = tuple[int, int | None]
"""The index of a parent, and of an item where its value is a list."""


class Mixture:
    """The values of one field for all parents, several types or nulls among them."""

    def __init__(self, field: FieldPlan, values: Sequence[Any]) -> None:
        self._field = field
        self._values = values
        self.by_plan: dict[SelectionPlan, list[Place]] = {}
        self.plain: list[int] = []
        """Parents whose values have a plan, or are null where they may be."""
        self.odd: list[int] = []
        """Parents whose values only graphql-core can complete."""
        for index, value in enumerate(values):
            places = self._places(index, value)
            if places is None:
                self.odd.append(index)
                continue
            self.plain.append(index)
            for plan, place in places:
                self.by_plan.setdefault(plan, []).append(place)

    def item(self, place: Place) -> Any:
        """The value at a place."""
        index, item = place
        return self._values[index] if item is None else self._values[index][item]

    def empty(self) -> list[Any]:
        """Where the answers go: nothing for each value, or for each of its items."""
        return [[None] * len(value) if value.__class__ in LISTS else None for value in self._values]

    def _places(self, index: int, value: Any) -> list[tuple[SelectionPlan, Place]] | None:
        """The plans of a value or of its items; `None` if any of them is odd."""
        field = self._field
        if value is None:
            return None if field.is_nonnull else []
        if field.shape is Shape.ONE:
            plan = field.selections[value.__class__]
            return None if plan is None else [(plan, (index, None))]
        if field.shape is Shape.NESTED or value.__class__ not in LISTS:
            return None
        return self._item_places(index, value)

    def _item_places(
        self, index: int, items: Sequence[Any]
    ) -> list[tuple[SelectionPlan, Place]] | None:
        places: list[tuple[SelectionPlan, Place]] = []
        for number, item in enumerate(items):
            plan = self._field.selections[item.__class__]
            if plan is not None:
                places.append((plan, (index, number)))
            elif item is not None or self._field.are_items_nonnull:
                return None
        return places
