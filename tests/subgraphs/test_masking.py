"""What goes wrong inside is told to the log, once, and to nobody else.

Every field of every type is made to fail, one at a time; so are the reads beneath them.
"""

from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import pytest
import structlog
from graphql import is_nullable_type

from core.database import Database
from core.mongo import Mongo
from graph.compose.routing import ROUTES
from graph.engine import Graph
from graph.schema import build_composition
from services.auth.viewer import Viewer
from tests.subgraphs.audiences import ADMINS, AUDIENCES, SHOWN_ELSEWHERE, types_with_fields_for
from tests.subgraphs.ways import WAYS, asked
from tests.subgraphs.world import found, make_world

NEUTRAL = "Something went wrong on our side. Tell us this request id: test"
# Types of which the way leads to several.
LISTED = {"PlanOffer", "PriceFacet"}
OF_VALUES = [name for name in AUDIENCES if name not in {*SHOWN_ELSEWHERE, "Subscription"}]


class Planted(Exception):
    """A failure that nobody expects, with a text that must not get out."""


@pytest.fixture(scope="module")
def graph():
    """A composition of its own, whose resolvers the tests replace."""
    return Graph(build_composition().schema, timeout_seconds=20.0, has_suggestions=True)


@contextmanager
def planted(schema, type_name, name, text):
    """Make one field fail with `text` inside the block, for operations that are prepared there."""

    def fail(*_arguments, **_options):
        raise Planted(text)

    steps = schema.extensions[ROUTES].steps.get((type_name, name), {})
    fields = [schema.type_map[type_name].fields[name], *(step.field for step in steps.values())]
    with ExitStack() as stack:
        for field in fields:
            stack.enter_context(patch.object(field, "resolve", fail))
            # Without its definition nobody can look behind the resolver.
            stack.enter_context(patch.object(field, "extensions", {}))
        yield


def viewer_of(type_name):
    """Whose viewer comes to a type's fields."""
    return "admin" if type_name in types_with_fields_for(ADMINS) else "owner"


def assert_masked(result, entries, text, *, places=1):
    """The answer says nothing of `text`, and the log says it once for each of `places`."""
    assert text not in str(result.body())
    assert [(error["message"], error["extensions"]) for error in result.errors] == [
        (NEUTRAL, {"code": "INTERNAL_SERVER_ERROR", "requestId": "test"})
    ] * places
    failures = [entry for entry in entries if entry["log_level"] == "error"]
    assert [(entry["event"], str(entry["exc_info"])) for entry in failures] == [
        ("masked_error", text)
    ] * places


class TestFieldsThatFail:
    @pytest.mark.parametrize("type_name", OF_VALUES)
    async def test_tell_the_log_alone(self, ask, graph, make, password_hash, type_name):
        type_ = graph.schema.type_map[type_name]
        world = await make_world(make, password_hash=password_hash)

        for name in type_.fields:
            if WAYS[type_name].startswith("mutation"):
                # What was written on the way is in the way of the next field.
                world = await make_world(make, password_hash=password_hash)
            text = f"planted-in-{type_name}-{name}"
            document = world.document(WAYS[type_name], asked(type_, name) % world.ids)
            with (
                planted(graph.schema, type_name, name, text),
                structlog.testing.capture_logs() as entries,
            ):
                result = await ask(document, world.viewers[viewer_of(type_name)])

            # Of a list whose items may lack the field, each fails; any other fails as a whole.
            is_listed = type_name in LISTED and is_nullable_type(type_.fields[name].type)
            places = len(found(result.data, name)) if is_listed else 1
            assert_masked(result, entries, text, places=places)

    async def test_tell_the_log_alone_of_an_event(self, graph, platform, logged):
        context = platform.context(viewer=Viewer.ANONYMOUS, request_id="test")

        with planted(graph.schema, "Subscription", "liveStats", "planted-in-an-event"):
            operation = graph.prepare(
                "subscription { liveStats { users } }", operation_name=None, variables={}
            )
            stream = graph.subscribe(operation, context)
            result = await anext(stream)
            await stream.aclose()

        assert_masked(result, logged, "planted-in-an-event")


class TestStoresThatFail:
    @pytest.mark.parametrize(
        "type_name", [name for name in OF_VALUES if not WAYS[name].startswith("mutation")]
    )
    async def test_tell_the_log_alone(
        self, ask, graph, world, stores, monkeypatch, logged, type_name
    ):
        def fail(*_arguments, **_options):
            raise Planted("planted-in-a-store")

        monkeypatch.setattr(Database, "fetch", fail)
        monkeypatch.setattr(Database, "read", fail)
        monkeypatch.setattr(Mongo, "reading", fail)
        type_ = graph.schema.type_map[type_name]
        selection = " ".join(f"f{at}: {asked(type_, name)}" for at, name in enumerate(type_.fields))

        result = await ask(
            world.document(WAYS[type_name], selection % world.ids),
            world.viewers[viewer_of(type_name)],
        )

        assert "planted" not in str(result.body())
        assert {error["message"] for error in result.errors} == {NEUTRAL}
        assert {str(entry["exc_info"]) for entry in logged} == {"planted-in-a-store"}
        assert len(logged) == len(result.errors)
