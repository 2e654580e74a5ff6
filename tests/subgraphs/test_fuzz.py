"""schemathesis writes documents for every root field; none is answered with a masked error.

Custom scalars have strategies of their own, and ids are sometimes those of the small world.
"""

import asyncio
from functools import lru_cache

import httpx2
import pytest
import schemathesis
from graphql import NameNode, ObjectFieldNode, introspection_from_schema
from hypothesis import HealthCheck, given, settings, strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.graphql import nodes

from core.settings import read_settings
from graph.engine import RequestRejected
from graph.schema import build_composition
from subgraphs.shared.scalars import country_codes
from web.app import create_app

EXAMPLES_A_FIELD = 6
EXAMPLES_OVER_HTTP = 25
PATIENCE_SECONDS = 15
VIEWERS = ("anonymous", "stranger", "owner", "admin")
# Names of what exists only once a test has made its world.
REAL_TEXTS = ("email", "handle", "other_handle", "cursor")
REAL_IDS = (
    "owner",
    "service",
    "other_service",
    "new_service",
    "review",
    "course",
    "untaken_course",
    "lesson",
    "untaken_lesson",
    "enrolment",
    "transaction",
    "adjustment",
    "own_adjustment",
    "conversation",
    "message",
)
KNOWN_CODES = {
    "BAD_USER_INPUT",
    "FORBIDDEN",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "UNAUTHENTICATED",
}


def object_node(fields):
    """An object value, as a document writes it."""
    return nodes.Object(
        [ObjectFieldNode(name=NameNode(value=name), value=value) for name, value in fields.items()]
    )


def mostly(usual, odd):
    """Values of `usual` three times of four, of `odd` otherwise."""
    return st.one_of(usual, usual, usual, odd)


TEXT = st.text(max_size=20)
AMOUNTS = st.from_regex(r"[0-9]{1,6}(\.[0-9]{1,6})?", fullmatch=True)
JSON = st.recursive(
    st.just(nodes.Null)
    | st.booleans().map(nodes.Boolean)
    | st.integers().map(nodes.Int)
    | st.floats(allow_nan=False, allow_infinity=False).map(nodes.Float)
    | TEXT.map(nodes.String),
    lambda inner: (
        st.lists(inner, max_size=3).map(nodes.List)
        | st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), inner, max_size=3).map(
            object_node
        )
    ),
    max_leaves=6,
)
SCALARS = {
    "AZR": mostly(AMOUNTS, TEXT).map(nodes.String),
    "SignedAZR": mostly(AMOUNTS | AMOUNTS.map("-{0}".format), TEXT).map(nodes.String),
    "Decimal": mostly(AMOUNTS, TEXT).map(nodes.String),
    "DateTime": mostly(st.datetimes().map("{0:%Y-%m-%dT%H:%M:%S}Z".format), TEXT).map(nodes.String),
    "Date": mostly(st.dates().map(str), TEXT).map(nodes.String),
    "JSON": JSON,
    "CountryCode": mostly(st.sampled_from(sorted(country_codes())), TEXT).map(nodes.String),
    "ID": mostly(st.sampled_from(REAL_IDS).map("%({0})s".format), TEXT).map(nodes.String),
    "Int": mostly(st.integers(0, 100), st.integers(-(2**31), 2**31 - 1)).map(nodes.Int),
    "Float": mostly(st.floats(0, 5), st.floats(allow_nan=False, allow_infinity=False)).map(
        nodes.Float
    ),
    "String": (
        TEXT
        | st.sampled_from(REAL_TEXTS).map("%({0})s".format)
        | st.from_regex(r"[a-z0-9_]{1,20}", fullmatch=True)
    ).map(nodes.String),
}


@lru_cache(maxsize=1)
def fuzzed_schema():
    """The composed schema, as schemathesis knows it."""
    for name, strategy in SCALARS.items():
        schemathesis.graphql.scalar(name, strategy)
    return schemathesis.graphql.from_dict(introspection_from_schema(build_composition().schema))


def root_fields():
    """Every root field of queries and mutations, as `Query.user`."""
    return [operation.ok().label for operation in fuzzed_schema().get_all_operations()]


def documents(label):
    """Documents that ask one root field; a few of them break the schema."""
    operation = fuzzed_schema().find_operation_by_label(label)
    written = [
        operation.as_strategy(generation_mode=mode)
        for mode in (GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    ]
    return st.one_of(written).map(lambda case: case.body)


def with_real_texts(document, texts):
    """`document` with what exists where its name is written."""
    for name in (*REAL_IDS, *REAL_TEXTS):
        document = document.replace(f"%({name})s", texts[name])
    return document


@pytest.fixture
async def client(graph, platform):
    """Requests to the application, whose platform is open."""
    app = create_app(read_settings(), graph=graph, open_platform=None)
    app.state.runtime.opened = platform
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://azora.test") as client:
        yield client


def headers_of(viewer, tokens):
    """What a client sends to say who it is, and how it reads the answer's status."""
    headers = {"accept": "application/graphql-response+json"}
    if viewer.user_id is None:
        return headers
    token, _ = tokens.issue(viewer.user_id, viewer.session_id, sorted(viewer.roles))
    return {**headers, "authorization": f"Bearer {token}"}


@pytest.fixture
async def texts(ask, world):
    """What exists in the world, by name: ids, and a cursor that many lists take."""
    result = await ask("{ users(first: 1) { pageInfo { endCursor } } }")
    return {**world.ids, "cursor": result.data["users"]["pageInfo"]["endCursor"]}


class TestEveryRootField:
    @pytest.mark.parametrize("label", root_fields())
    @settings(
        max_examples=EXAMPLES_A_FIELD,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    async def test_answers_whatever_is_asked_without_a_masked_error(
        self, ask, world, texts, logged, label, data
    ):
        document = with_real_texts(data.draw(documents(label)), texts)
        viewer = data.draw(st.sampled_from(VIEWERS))

        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                errors = (await ask(document, world.viewers[viewer])).errors or []
        except RequestRejected as rejected:
            errors = rejected.errors

        assert {error["extensions"]["code"] for error in errors} <= KNOWN_CODES, logged


class TestOverHttp:
    @settings(
        max_examples=EXAMPLES_OVER_HTTP,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    async def test_answers_whatever_is_asked_in_the_form_of_the_specification(
        self, client, tokens, world, texts, logged, data
    ):
        label = data.draw(st.sampled_from(root_fields()))
        document = with_real_texts(data.draw(documents(label)), texts)
        viewer = world.viewers[data.draw(st.sampled_from(VIEWERS))]

        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await client.post(
                "/graphql", json={"query": document}, headers=headers_of(viewer, tokens)
            )

        body = answer.json()
        errors = body.get("errors", [])
        assert answer.status_code == (200 if "data" in body else 400)
        assert {error["extensions"]["code"] for error in errors} <= KNOWN_CODES, logged
