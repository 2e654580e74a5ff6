"""Writes and compiles the functions that read the attributes of a selection set.

A comprehension over all objects of a level is several times cheaper than a call for each value.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from graphql import get_named_type

from graph.compose.attributes import Attribute
from graph.execution.leaves import PLAIN
from graph.execution.plans import Build, FieldPlan, Fill, Shape
from subgraphs.shared.columns import within_parent


def build_function(
    template: Mapping[str, Any], attributes: Sequence[FieldPlan], *, are_held: bool = False
) -> Build:
    """From objects to dictionaries with every key of the selection set in its order.

    If `are_held`, from what the objects hold as `parent`.
    """
    by_key = {field.key: number for number, field in enumerate(attributes)}
    values = [
        f"{key!r}: {_expression(attributes[by_key[key]], by_key[key], are_held=are_held)}"
        if key in by_key
        else f"{key!r}: {constant!r}"
        for key, constant in template.items()
    ]
    body = f"    return [{{{', '.join(values)}}} for o in objects]\n"
    return _compiled("build(objects)", body, attributes)


def fill_function(attributes: Sequence[FieldPlan], *, are_held: bool = False) -> Fill:
    """Puts the attributes of objects, or of what they hold, into dictionaries of the same order."""
    lines = [
        f"        d[{field.key!r}] = {_expression(field, number, are_held=are_held)}\n"
        for number, field in enumerate(attributes)
    ]
    body = "    for o, d in zip(objects, answers):\n" + ("".join(lines) or "        pass\n")
    return _compiled("fill(objects, answers)", body, attributes)


def _expression(field: FieldPlan, number: int, *, are_held: bool) -> str:
    """Reads and completes one attribute of `o`."""
    attribute = cast("Attribute", field.read)
    path = within_parent(attribute.path) if are_held else attribute.path
    read = f"o.{path}" if path else "o"
    if attribute.shown is not None:
        read = f"(None if (s := {read}) is None else s{number}(s))"
    test = PLAIN.get(get_named_type(field.type)) if field.shape is Shape.ONE else None
    if test is None:
        return f"c{number}({read})"
    if not field.is_nonnull:
        test = f"{test} or v is None"
    first, rest = test.split("v", 1)
    return f"(v if {first}(v := {read}){rest} else c{number}(v))"


def _compiled(signature: str, body: str, attributes: Sequence[FieldPlan]) -> Any:
    """The function with this signature and body. Names in it are ours and Python's own."""
    names: dict[str, Any] = {}
    for number, field in enumerate(attributes):
        names[f"c{number}"] = field.complete_leaf
        names[f"s{number}"] = cast("Attribute", field.read).shown
    source = f"def {signature}:\n{body}"
    exec(compile(source, f"<plan {signature}>", "exec"), names)  # noqa: S102  # attribute names are identifiers, keys are quoted
    return names[signature.partition("(")[0]]
