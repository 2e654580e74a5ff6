"""What an operation started is stopped or finished when it ends early, whatever ends it.

Asserted through `graph.engine.Graph`: tasks, resolvers and connections are as before.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema
from sqlalchemy import text
from structlog.testing import capture_logs

from core.database import Database
from graph.engine import Graph, Result
from graph.schema import build_composition
from resolvers.context import Context as ProjectContext
from services.auth.viewer import Viewer
from tests.graph.bazaar.composed import bazaar
from tests.graph.bazaar.shared import Context as BazaarContext, World
from tests.graph.plain import Context
from tests.tasks import our_tasks

PATIENCE_SECONDS = 10.0
LASTING_TURNS = 300
FAULT = "it failed"
HURRIED_SECONDS = 0.2
TURNS_MAX = 1000
FOREVER = 1_000_000_000
SDL = """
type Query { scope: Scope scopes: [Scope] strict: Scope! other: Other quick: String }
type Scope {
  fails: String! failsAtOnce: String! slow: String slowly: Scope patient: [String] deep: Scope
  finishes: String lasting: String lastingly: Scope
}
type Other { finishes: String slow: String }
"""


def waiting(name: str) -> Callable[..., Awaitable[Any]]:
    """A resolver that waits for ever, and notes that it began and that it was stopped."""

    async def wait(_source: Any, info: Any) -> None:
        info.context.notes.append(f"{name} began")
        try:
            await asyncio.Event().wait()
        finally:
            info.context.notes.append(f"{name} ended")

    return wait


async def fails(_source: Any, _info: Any) -> None:
    await asyncio.sleep(0)
    raise ValueError(FAULT)


def fails_at_once(_source: Any, _info: Any) -> None:
    raise ValueError(FAULT)


async def finishes(_source: Any, info: Any) -> str:
    info.context.notes.append("finishes began")
    try:
        for _ in range(10):
            await asyncio.sleep(0)
    finally:
        info.context.notes.append("finishes ended")
    return "finished"


async def lasts(_source: Any, info: Any) -> dict[str, Any]:
    """Takes longer than its siblings take to fail."""
    info.context.notes.append("lasting began")
    try:
        for _ in range(LASTING_TURNS):
            await asyncio.sleep(0)
    finally:
        info.context.notes.append("lasting ended")
    return {}


async def streams(_source: Any, info: Any) -> AsyncGenerator[str]:
    info.context.notes.append("patient began")
    try:
        yield "first"
        await asyncio.Event().wait()
    finally:
        info.context.notes.append("patient ended")


def something(_source: Any, _info: Any) -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    built: Any = build_schema(SDL)
    resolvers = {
        "Query": {
            **dict.fromkeys(("scope", "strict", "other"), something),
            "scopes": lambda *_: [{}, {}],
            "quick": lambda *_: "quick",
        },
        "Scope": {
            "fails": fails,
            "failsAtOnce": fails_at_once,
            "slow": waiting("slow"),
            "slowly": waiting("slowly"),
            "patient": streams,
            "deep": something,
            "finishes": finishes,
            "lasting": lasts,
            "lastingly": lasts,
        },
        "Other": {"finishes": finishes, "slow": waiting("other")},
    }
    for type_name, fields in resolvers.items():
        for name, resolve in fields.items():
            built.type_map[type_name].fields[name].resolve = resolve
    return built


def graph_of(schema: GraphQLSchema, timeout_seconds: float = PATIENCE_SECONDS) -> Graph:
    return Graph(schema, timeout_seconds=timeout_seconds, has_suggestions=True)


async def answer(graph: Graph, document: str, context: Any) -> Result:
    """The answer to an operation that is planned, not handed over."""
    operation = graph.prepare(document, operation_name=None, variables={})
    with capture_logs() as logs:
        result = await graph.execute(operation, context)
    assert [each for each in logs if each["event"] == "handed_to_graphql_core"] == []
    return result


async def until(is_so: Callable[[], bool]) -> None:
    """Return once something is so. Fails when it takes too long."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110  # it is what others do, without a word
            await asyncio.sleep(0.001)


@asynccontextmanager
async def leaving_no_task() -> AsyncGenerator[None]:
    before = our_tasks()
    yield
    for _ in range(TURNS_MAX):
        if our_tasks() <= before:
            break
        await asyncio.sleep(0)
    assert our_tasks() - before == set()


async def left(task: "asyncio.Task[Any]") -> None:
    """A client leaves: what it asked for is cancelled, and says so."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def open_ends(context: Context) -> list[str]:
    """What began and has not ended."""
    return [
        note
        for note in context.notes
        if note.endswith("began")
        and context.notes.count(note) != context.notes.count(note.replace("began", "ended"))
    ]


ALL_AT_ONCE = (
    "{ scope { slow deep { slow slowly { slow } patient } } scopes { slow } other { slow } }"
)


class TestAClientThatLeaves:
    async def test_stops_every_resolver(self, schema: GraphQLSchema) -> None:
        context = Context()

        async with leaving_no_task():
            task = asyncio.create_task(answer(graph_of(schema), ALL_AT_ONCE, context))
            await until(lambda: "slow began" in context.notes)
            for _ in range(20):
                await asyncio.sleep(0)
            await left(task)

        assert open_ends(context) == []

    async def test_stops_what_is_loaded_for_it_and_for_nobody_else(self) -> None:
        graph = graph_of(bazaar().schema)
        document = "{ listings(window: { first: 9 }) { nodes { seller { name } fee { amount } } } }"
        leaving, staying = BazaarContext(World(turns=FOREVER)), BazaarContext(World(turns=50))

        async with leaving_no_task():
            tasks = [
                asyncio.create_task(answer(graph, document, context))
                for context in (leaving, staying)
            ]
            await until(leaving.world.called.is_set)
            await left(tasks[0])
            result = await tasks[1]

        assert result.errors is None
        assert result.data is not None
        assert len(result.data["listings"]["nodes"]) == 9

    async def test_gives_its_connections_back(
        self, database: Database, context: ProjectContext
    ) -> None:
        graph = graph_of(build_composition().schema)
        document = "{ services { nodes { id } } courses { nodes { id } } users { nodes { id } } }"

        async with leaving_no_task():
            async with locked(database):
                free = connections_free(database)
                task = asyncio.create_task(answer(graph, document, context))
                await until(lambda: connections_free(database) < free)
                await left(task)
                await until(lambda: connections_free(database) == free)
            again = context.platform.context(viewer=Viewer.ANONYMOUS, request_id="again")
            result = await answer(graph, document, again)

        assert (result.errors, connections_free(database)) == (None, free)


class TestADeadline:
    async def test_stops_every_resolver(self, schema: GraphQLSchema) -> None:
        context = Context()

        async with leaving_no_task():
            result = await answer(graph_of(schema, HURRIED_SECONDS), ALL_AT_ONCE, context)

        assert result.errors is not None
        assert result.errors[0]["extensions"] == {"code": "DEADLINE_EXCEEDED"}
        assert not result.has_data
        assert "slow began" in context.notes
        assert open_ends(context) == []

    async def test_stops_what_is_loaded(self) -> None:
        graph = graph_of(bazaar().schema, HURRIED_SECONDS)
        world = World(turns=FOREVER)

        async with leaving_no_task():
            result = await answer(graph, '{ sellers(ids: ["1"]) { name } }', BazaarContext(world))

        assert result.errors is not None
        assert result.errors[0]["extensions"] == {"code": "DEADLINE_EXCEEDED"}
        assert world.calls == [("accounts.User", 1)]

    async def test_gives_its_connections_back(
        self, database: Database, context: ProjectContext
    ) -> None:
        graph = graph_of(build_composition().schema, HURRIED_SECONDS)
        document = "{ services { nodes { id } } courses { nodes { id } } }"

        async with leaving_no_task(), locked(database):
            free = connections_free(database)
            result = await answer(graph, document, context)
            await until(lambda: connections_free(database) == free)

        assert result.errors is not None
        assert result.errors[0]["extensions"] == {"code": "DEADLINE_EXCEEDED"}


class TestAFailedSibling:
    @pytest.mark.parametrize("fault", ["fails", "failsAtOnce", "deep { fails } fails"])
    @pytest.mark.parametrize(
        "sibling",
        [
            "lasting",
            "lastingly { lasting }",
            "deep { lasting finishes }",
            "slow",
            "patient",
            "slowly { slow }",
            "deep { slow }",
        ],
    )
    @pytest.mark.parametrize("order", [1, -1])
    async def test_is_finished_or_stopped(
        self, schema: GraphQLSchema, fault: str, sibling: str, order: int
    ) -> None:
        context = Context()
        fields = " ".join([fault, sibling][::order])
        document = f"{{ scope {{ {fields} }} quick other {{ finishes }} }}"

        async with leaving_no_task():
            result = await answer(graph_of(schema), document, context)

        assert result.data == {"scope": None, "quick": "quick", "other": {"finishes": "finished"}}
        assert open_ends(context) == []

    async def test_of_one_item_leaves_the_others_alone(self) -> None:
        graph = graph_of(bazaar().schema)
        world = World(turns=20)

        async with leaving_no_task():
            result = await answer(
                graph, '{ ads(fault: "later") { buyer { name } text } }', BazaarContext(world)
            )

        assert result.data == {"ads": [None, {"buyer": {"name": "user7"}, "text": "buy"}]}
        assert world.calls == [("accounts.User", 1)]

    async def test_that_loses_everything_ends_everything(self, schema: GraphQLSchema) -> None:
        context = Context()

        async with leaving_no_task():
            result = await answer(
                graph_of(schema), "{ other { finishes } strict { fails lasting } }", context
            )

        assert (result.data, result.has_data) == (None, True)
        assert open_ends(context) == []


def connections_free(database: Database) -> int:
    """How many more statements could read at once."""
    return database.reads._places._value


@asynccontextmanager
async def locked(database: Database) -> AsyncGenerator[None]:
    """Whoever reads people, services or courses waits until the block ends."""
    async with database.transaction() as session:
        await session.execute(text("LOCK TABLE users, services, courses IN ACCESS EXCLUSIVE MODE"))
        yield
