"""The schema as text: the public contract, and each subgraph's SDL for a federation composer."""

from graphql import GraphQLSchema, build_schema, lexicographic_sort_schema, print_schema

from graph.compose import SubgraphSchema


def public_sdl(schema: GraphQLSchema) -> str:
    """The contract that clients build on, sorted, so that a difference is a real one."""
    # Sorting a schema that still has Strawberry's enum types would need their Python classes.
    plain = build_schema(print_schema(schema))
    return print_schema(lexicographic_sort_schema(plain)) + "\n"


def subgraph_sdl(schema: SubgraphSchema) -> str:
    """A subgraph's SDL with its federation directives."""
    return schema.as_str() + "\n"
