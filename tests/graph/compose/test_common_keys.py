"""Entities that two subgraphs know by the same key: it goes from one to the other as it is."""

from typing import Any

import pytest
import strawberry
from strawberry import ID, federation

from graph.compose import compose
from subgraphs.shared.columns import column
from subgraphs.shared.entities import EntityKey
from subgraphs.shared.ids import Kind
from tests.graph.bazaar.shared import Context
from tests.graph.compose.small import Found, subgraph
from tests.graph.equivalence.executors import Request, Subject

LINKS = "{ links { box { size } } }"


class Owner:
    """Finds boxes by whole numbers, and remembers for which it was asked."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.answer: Any = None
        self.at_hand: list[int] = []

    async def find(self, context: Any, keys: Any) -> Any:
        del context
        self.batches.append(list(keys))
        if self.answer is not None:
            return self.answer
        return [None if key < 0 else self.box(parent=key) for key in keys]

    def known(self, context: Any, keys: Any) -> Any:
        del context
        return list(keys) if set(keys) <= set(self.at_hand) else None

    box: Any


def linking(owner: Owner, numbers: list[int | None], *, kind: Kind = Kind.USER) -> Subject:
    """Links to boxes by these numbers; the boxes' sizes are another subgraph's."""

    @federation.type(name="Box", keys=["id"])
    class Stub(Found):
        number: strawberry.Private[int | None]

        @federation.field
        def id(self) -> ID:
            return ID(f"box-{self.number}")

        entity_key = EntityKey(kind, "number", owner.find, owner.known)

    @federation.type(name="Box", keys=["id"])
    class Box:
        parent: strawberry.Private[int]
        id: ID = ID("1")
        size: int = column(description="")
        entity_key = EntityKey(Kind.USER, "parent", owner.find, owner.known)

        @classmethod
        async def resolve_references(cls, context: Any, representations: Any) -> list[Any]:
            del context
            return [cls(parent=int(each["id"].removeprefix("box-"))) for each in representations]

    @strawberry.type
    class Link:
        number: strawberry.Private[int | None]

        @strawberry.field
        def box(self) -> Stub:
            return Stub(number=self.number)

    @strawberry.type
    class Query:
        @strawberry.field
        def links(self) -> list[Link | None]:
            return [Link(number=number) for number in numbers]

        @strawberry.field
        async def link(self, number: int) -> Stub | None:
            return Stub(number=number)

    owner.box = Box
    return Subject(compose({"a": subgraph(query=Query), "b": subgraph(Box)}).schema)


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture(params=["by_plan", "by_reference"])
def asked(request):
    """Runs a document with either executor."""

    async def run(subject: Subject, text: str):
        return await getattr(subject, request.param)(Request(text), Context())

    return run


class TestCommonKeys:
    async def test_are_found_in_one_call_without_references(self, owner, asked):
        result = await asked(linking(owner, [3, 5, 3]), LINKS)

        assert result.data == {
            "links": [{"box": {"size": 3}}, {"box": {"size": 5}}, {"box": {"size": 3}}]
        }
        (keys,) = owner.batches
        assert set(keys) == {3, 5}

    async def test_are_asked_for_once_by_fields_of_one_stub(self, owner, asked):
        result = await asked(linking(owner, []), "{ link(number: 4) { size again: size } }")

        assert result.data == {"link": {"size": 4, "again": 4}}
        assert owner.batches == [[4]]

    @pytest.mark.parametrize("numbers", [[3, -1], [3, None]])
    async def test_that_name_nothing_make_their_field_null(self, owner, asked, numbers):
        result = await asked(linking(owner, numbers), LINKS)

        assert result.data == {"links": [{"box": {"size": 3}}, None]}
        (error,) = result.errors
        assert error.path == ["links", 1, "box", "size"]
        assert error.message == "Cannot return null for non-nullable field Box.size."

    async def test_fail_together_when_the_owner_answers_for_others(self, owner, asked):
        owner.answer = []

        result = await asked(linking(owner, [3, 5]), LINKS)

        assert result.data == {"links": [None, None]}
        assert [error.path for error in result.errors] == [
            ["links", index, "box", "size"] for index in (0, 1)
        ]
        assert all("answered with 0" in error.message for error in result.errors)

    async def test_of_another_kind_become_ids(self, owner, asked):
        result = await asked(linking(owner, [3], kind=Kind.SERVICE), LINKS)

        assert result.data == {"links": [{"box": {"size": 3}}]}
        assert owner.batches == []


class TestEntitiesAtHand:
    @pytest.fixture
    def asked(self):
        async def run(subject: Subject, text: str):
            return await subject.by_plan(Request(text), Context())

        return run

    async def test_are_not_asked_for(self, owner, asked):
        owner.at_hand = [3, 5]

        result = await asked(linking(owner, [3, 5]), LINKS)

        assert result.data == {"links": [{"box": {"size": 3}}, {"box": {"size": 5}}]}
        assert owner.batches == []

    async def test_are_asked_for_with_those_that_are_not(self, owner, asked):
        owner.at_hand = [3]

        result = await asked(linking(owner, [3, 5]), LINKS)

        assert result.data == {"links": [{"box": {"size": 3}}, {"box": {"size": 5}}]}
        assert owner.batches == [[3, 5]]

    async def test_whose_attributes_fail_are_read_one_by_one(self, owner, asked):
        # Too long for an Int, so that the field of this one entity fails.
        owner.at_hand = [3, 2**40]

        result = await asked(linking(owner, owner.at_hand), LINKS)

        assert result.data == {"links": [{"box": {"size": 3}}, None]}
        (error,) = result.errors
        assert error.path == ["links", 1, "box", "size"]
        assert owner.batches == [owner.at_hand]
