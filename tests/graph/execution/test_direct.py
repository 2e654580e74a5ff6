"""Resolvers that are called without Strawberry's own way: they answer as they do with it."""

from typing import Any

import pytest
import strawberry
from strawberry.extensions import FieldExtension
from strawberry.types.info import Info

from graph.execution.direct import directly
from tests.graph.bazaar.shared import Context
from tests.graph.equivalence.executors import Request, Subject


class Shouting(FieldExtension):
    """Changes what the resolver answers."""

    def resolve(self, next_: Any, source: Any, info: Info, **options: Any) -> Any:
        return next_(source, info, **options).upper()


@strawberry.input
class Size:
    width: int = 1


def length_of(words: list[str]) -> int:
    return len(words)


@strawberry.type
class Query:
    @strawberry.field
    def plain(self, info: Info, first_name: str, times: int = 2) -> str:
        return f"{info.field_name} {first_name}" * times

    @strawberry.field
    async def later(self, name: strawberry.ID | None = strawberry.UNSET) -> str:
        return repr(name)

    length: int = strawberry.field(resolver=length_of)

    @strawberry.field
    def area(self, size: Size) -> int:
        return size.width**2

    @strawberry.field
    def given(self, name: strawberry.Maybe[str] = None) -> str:
        return "nothing" if name is None else name.value

    @strawberry.field
    @staticmethod
    def above(parent: strawberry.Parent[Any]) -> str:
        return repr(parent)

    @strawberry.field(extensions=[Shouting()])
    def loud(self) -> str:
        return "loud"


SCHEMA: Any = strawberry.Schema(Query)._schema  # graphql-core's


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ('plain(firstName: "Ama")', "plain Amaplain Ama"),
        ('plain(firstName: "Ama", times: 1)', "plain Ama"),
        ("later", "UNSET"),
        ("later(name: null)", "None"),
        ('later(name: "7")', "'7'"),
        ('length(words: ["a", "b"])', 2),
        ("area(size: {})", 1),
        ("area(size: {width: 3})", 9),
        ('given(name: "Ama")', "Ama"),
        ("given", "nothing"),
        ("above", "None"),
        ("loud", "LOUD"),
    ],
)
async def test_fields_answer_as_they_do_with_strawberry(selection, expected):
    request, subject = Request(f"{{ answer: {selection} }}"), Subject(SCHEMA)

    by_plan = await subject.by_plan(request, Context())
    by_reference = await subject.by_reference(request, Context())

    assert by_plan.errors is None
    assert by_plan.data == by_reference.data == {"answer": expected}


@pytest.mark.parametrize(
    ("name", "is_called_directly"),
    [("plain", True), ("later", True), ("length", True), ("above", False), ("loud", False)],
)
def test_only_those_are_called_directly_that_are_just_called(name, is_called_directly):
    field = SCHEMA.query_type.fields[name]

    resolve = directly(field, field.extensions["strawberry-definition"])

    assert (resolve is not None) == is_called_directly


def test_what_somebody_put_around_a_resolver_is_kept():
    field = SCHEMA.query_type.fields["plain"]
    own = field.resolve
    field.resolve = lambda source, info, **options: own(source, info, **options)

    try:
        assert directly(field, field.extensions["strawberry-definition"]) is None
    finally:
        field.resolve = own
