"""The five services compose to the schema that the one process serves, and hide how."""

import pytest
from graphql import build_client_schema, build_schema, get_introspection_query
from typer.testing import CliRunner

from cli.__main__ import app
from graph.export import public_sdl
from graph.schema import SUBGRAPH_NAMES, build_composition
from tests.gateway.sides import Side, Sides

MACHINERY = {"_service", "_entities", "_Service", "_Entity", "_Any"}


@pytest.mark.parametrize("name", SUBGRAPH_NAMES)
def test_a_service_tells_the_sdl_that_is_exported(sides: Sides, name: str) -> None:
    exported = CliRunner().invoke(app, ["schema", "export", "--subgraph", name])

    assert exported.exit_code == 0
    assert sides.subgraph_sdl[name].strip() == exported.stdout.strip()


def test_another_composer_makes_the_same_public_schema(sides: Sides) -> None:
    assert public_sdl(build_schema(sides.public_sdl)) == public_sdl(build_composition().schema)


async def test_both_sides_serve_the_public_schema(sides: Sides) -> None:
    served = [await _served_schema(side) for side in (sides.gateway, sides.in_process)]

    assert served[0] == served[1] == public_sdl(build_schema(sides.public_sdl))


def test_the_public_schema_has_no_machinery(sides: Sides) -> None:
    schema = build_schema(sides.public_sdl)

    assert schema.query_type is not None
    assert not MACHINERY & {*schema.type_map, *schema.query_type.fields}


async def _served_schema(side: Side) -> str:
    answer = await side.ask(get_introspection_query(one_of=True))
    return public_sdl(build_client_schema(answer.data))
