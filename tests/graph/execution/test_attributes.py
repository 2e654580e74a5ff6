"""Attributes that hold objects: read for all parents at once, or one by one where one fails."""

from typing import Any

import pytest
import strawberry

from subgraphs.shared.columns import column
from tests.graph.bazaar.shared import Context
from tests.graph.equivalence.executors import Request, Subject


@strawberry.type
class Box:
    size: int = 1


@strawberry.type
class Parcel:
    box: Box | None


@strawberry.type
class Shelf:
    parent: strawberry.Private[int | None]
    box: Box | None = column(shown=lambda size: Box(size=12 // size), description="Its box.")


@strawberry.type
class Query:
    @strawberry.field
    def missing(self) -> list[Parcel]:
        broken = Parcel(box=None)
        del broken.box
        return [Parcel(box=Box(size=3)), broken, Parcel(box=None)]

    @strawberry.field
    def unshowable(self) -> list[Shelf]:
        return [Shelf(parent=size) for size in (4, 0, None)]


@pytest.mark.parametrize("name", ["missing", "unshowable"])
async def test_one_that_fails_is_the_error_of_its_own_parent(name):
    schema: Any = strawberry.Schema(Query)._schema
    request, subject = Request(f"{{ {name} {{ box {{ size }} }} }}"), Subject(schema)

    by_plan = await subject.by_plan(request, Context())
    by_reference = await subject.by_reference(request, Context())

    assert by_plan.data == by_reference.data
    assert by_plan.data == {name: [{"box": {"size": 3}}, {"box": None}, {"box": None}]}
    assert [error.path for error in by_plan.errors] == [[name, 1, "box"]]
