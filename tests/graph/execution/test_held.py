"""Entities of which attributes alone are asked: read from rows and keys, and answered the same."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
import strawberry
from strawberry import federation
from structlog.testing import capture_logs

from graph.compose import compose
from graph.engine import Graph
from models.rows import Row
from resolvers.context import Context, recalling
from services.auth.viewer import Viewer
from subgraphs.shared.access import Audience
from subgraphs.shared.columns import column
from subgraphs.shared.entities import Node, entity
from subgraphs.shared.ids import Kind, public_id
from subgraphs.shared.showing import Shown
from tests.graph.compose.small import subgraph
from tests.graph.equivalence.executors import Request, Subject

ANNA, BERT, CARLA, NOBODY = (uuid4() for _ in range(4))


class PersonRow(Row, frozen=True, eq=False, gc=False):
    id: UUID
    name: str | None
    age: int


class MessageRow(Row, frozen=True, eq=False, gc=False):
    author_id: UUID | None


@dataclass
class World:
    """What there is of people, what of them is at hand, and what was asked for."""

    people: dict[UUID, PersonRow] = field(
        default_factory=lambda: {
            row.id: row
            for row in (
                PersonRow(ANNA, "Anna", 40),
                PersonRow(BERT, None, 50),
                PersonRow(CARLA, "Carla", 2**40),  # too old for an Int
            )
        }
    )
    at_hand: set[UUID] = field(default_factory=set)
    authors: list[UUID | None] = field(default_factory=list)
    batches: list[list[UUID]] = field(default_factory=list)
    objects: int = 0
    """How many were made, of either subgraph."""


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def subject(world) -> Subject:
    """Messages of one subgraph, whose authors are people of another."""

    @entity(Kind.USER, audience=Audience.EVERYONE)
    class Person(counted(world)):
        parent: strawberry.Private[UUID]

    @strawberry.type
    class Message:
        parent: strawberry.Private[MessageRow]
        author: Person | None = column("author_id", shown=Shown(lambda: Person), description="B.")
        sender: Person = column("author_id", shown=Shown(Person), description="The same.")

    @strawberry.type
    class Query:
        @strawberry.field
        def messages(self) -> list[Message | None]:
            return [Message(parent=MessageRow(each)) for each in world.authors]

    return Subject(compose({"a": subgraph(query=Query), "b": subgraph(owned(world))}).schema)


def counted(world: World) -> type:
    """A node whose objects are counted."""

    class Counted(Node):
        @classmethod
        def of_all(cls, parents):
            world.objects += len(parents)
            return super().of_all(parents)

    return Counted


def owned(world: World) -> type:
    """The class of people in the subgraph that knows them."""

    def recall(_context, ids):
        return [world.people.get(each) if each in world.at_hand else None for each in ids]

    @recalling(recall)
    async def people_by_id(_context, ids):
        world.batches.append(list(ids))
        return [world.people.get(each) for each in ids]

    @entity(
        Kind.USER, audience=Audience.EVERYONE, description="P.", key="id", found_by=people_by_id
    )
    class Person(counted(world)):
        parent: strawberry.Private[PersonRow]
        name: str | None = column("name", description="N.")
        age: int = column("age", description="A.")

        @federation.field
        def greeting(self) -> str:
            return f"Hello, {self.parent.name}"

    return Person


@pytest.fixture
def asked(subject):
    """What graphql-core answers, and what the plan does."""

    async def run(selected: str):
        request = Request(f"{{ messages {{ {selected} }} }}")
        expected = await subject.by_reference(request, new_context())
        return expected, await subject.by_plan(request, new_context())

    return run


def new_context() -> Context:
    return Context(None, Viewer.ANONYMOUS, "test")


def same(expected, found) -> list:
    """The messages, and that both executors agree about them."""
    assert found.data == expected.data
    assert [(each.path, each.message) for each in found.errors or ()] == [
        (each.path, each.message) for each in expected.errors or ()
    ]
    return found.data["messages"]


class TestHeldPlan:
    async def test_reads_what_is_at_hand_without_objects(self, world, asked):
        world.authors, world.at_hand = [ANNA, BERT, ANNA], {ANNA, BERT}

        expected, found = await asked("author { id __typename who: name age }")

        anna, bert = (
            {"id": public_id(Kind.USER, key), "__typename": "Person", "who": name, "age": age}
            for key, name, age in ((ANNA, "Anna", 40), (BERT, None, 50))
        )
        assert same(expected, found) == [{"author": each} for each in (anna, bert, anna)]
        assert world.batches == []

    async def test_makes_no_objects(self, world, subject):
        world.authors, world.at_hand = [ANNA, BERT], {ANNA, BERT}

        result = await subject.by_plan(
            Request("{ messages { author { name } sender { id } } }"), new_context()
        )

        assert result.errors is None
        assert world.objects == 0

    @pytest.mark.parametrize("authors", [[ANNA, None], [ANNA, NOBODY], [BERT, ANNA], [CARLA, ANNA]])
    @pytest.mark.parametrize("selected", ["author { name age }", "sender { id age name }"])
    async def test_answers_as_graphql_core_does_to_what_is_unusual(
        self, world, asked, authors, selected
    ):
        world.authors, world.at_hand = authors, {ANNA, CARLA}

        same(*await asked(selected))

    async def test_asks_for_all_where_one_is_not_at_hand(self, world, subject):
        world.authors, world.at_hand = [ANNA, BERT], {ANNA}

        result = await subject.by_plan(Request("{ messages { author { age } } }"), new_context())

        assert [each["author"]["age"] for each in result.data["messages"]] == [40, 50]
        assert world.batches == [[BERT]]

    async def test_objects_are_there_for_those_who_resolve_something(self, world, asked):
        world.authors, world.at_hand = [ANNA], {ANNA}

        assert same(*await asked("author { greeting age }")) == [
            {"author": {"greeting": "Hello, Anna", "age": 40}}
        ]

    async def test_a_traced_operation_tells_of_the_field(self, world, subject):
        world.authors, world.at_hand = [ANNA], {ANNA}
        graph = Graph(subject.schema, timeout_seconds=5, has_suggestions=True, traces_fields=True)
        operation = graph.prepare(
            "{ messages { author { age } } }", operation_name=None, variables={}
        )

        with capture_logs() as lines:
            result = await graph.execute(operation, new_context())

        assert result.data == {"messages": [{"author": {"age": 40}}]}
        assert lines[0]["fields"]["Message.author"]["parents"] == 1
