"""The first adversarial schema: every way in which lists and their items may or may not be null."""

from graphql import GraphQLSchema, build_schema

from tests.graph.equivalence.worlds import Inventor, resolve_everything

LISTS_DEEP = 2


def wrapped(name: str, deep: int = LISTS_DEEP) -> list[str]:
    """A type by itself, in a list, in a list of lists: each with every combination of `!`."""
    forms = [name, f"{name}!"]
    found = list(forms)
    for _ in range(deep):
        forms = [f"[{form}]{end}" for form in forms for end in ("", "!")]
        found += forms
    return found


def nullability_schema() -> GraphQLSchema:
    """A `Node` has a leaf and a node of every form, and so has the query."""
    fields = "".join(
        f"  {letter}{number}(step: Int = 1): {form}\n"
        for letter, name in (("i", "Int"), ("n", "Node"))
        for number, form in enumerate(wrapped(name))
    )
    deepest = "  cube: [[[Int!]!]!]\n  nodes: [[[Node!]!]!]!\n"
    schema = build_schema(f"type Query {{\n{fields}{deepest}}}\ntype Node {{\n{fields}{deepest}}}")
    resolve_everything(schema.type_map, Inventor())
    return schema
