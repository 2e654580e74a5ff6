"""Cached answers over HTTP: to whom, with which headers, and what is never one."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from core.errors import StoreUnavailable
from graph.engine import Graph
from models.subjects import Subject
from subgraphs.shared.caching import PRIVATE, cached
from tests.web.world import GRAPHQL, JSON, Client, ClientOf, MakeApp, code_of, post
from web.caching import Responses

AMARA = {"Authorization": "Bearer amara-token"}
PAGE = "{ page }"


@dataclass
class Counter:
    """How often the page was made, and what it says."""

    made: int = 0
    text: str = "page"
    failing: bool = False
    gate: asyncio.Event | None = None
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def page(self, _: object, __: Any, about: str = "") -> str:
        self.made += 1
        self.began.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.failing:
            raise StoreUnavailable("PostgreSQL")
        return self.text + about


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def cached_graph(counter: Counter) -> Graph:
    def text(**options: Any) -> GraphQLField:
        about = {"about": GraphQLArgument(GraphQLString)}
        return GraphQLField(GraphQLString, about, resolve=counter.page, **options)

    query = GraphQLObjectType(
        "Query",
        {
            "page": text(extensions=cached(60, Subject.SERVICES)),
            "mine": text(extensions=PRIVATE),
            "unhinted": text(),
        },
    )
    mutation = GraphQLObjectType("Mutation", {"page": text(extensions=cached(60))})
    return Graph(GraphQLSchema(query, mutation), timeout_seconds=5.0, has_suggestions=True)


@pytest.fixture
async def client(
    make_app: MakeApp, client_of: ClientOf, cached_graph: Graph
) -> AsyncGenerator[Client]:
    async with client_of(make_app(options={"graph": cached_graph})) as client:
        yield client


@pytest.fixture
def responses(client: Client) -> Responses:
    return client._transport.app.state.runtime.responses  # type: ignore[attr-defined]


async def get(client: Client, query: str = PAGE, **headers: str) -> Any:
    return await client.get("/graphql", params={"query": query}, headers={"Accept": JSON} | headers)


class TestHits:
    async def test_are_answered_alike_by_get_and_post_without_a_second_execution(
        self, client: Client, counter: Counter
    ) -> None:
        answers = [await post(client, PAGE) for _ in range(3)]
        answers += [await get(client) for _ in range(3)]

        assert {answer.content for answer in answers} == {b'{"data":{"page":"page"}}'}
        assert {answer.status_code for answer in answers} == {200}
        assert counter.made == 1

    async def test_know_variables_in_any_order(self, client: Client, counter: Counter) -> None:
        query = "query ($a: String, $b: String) { page(about: $a) other: page(about: $b) }"

        first = await post(client, query, variables={"a": "1", "b": "2"})
        second = await post(client, query, variables={"b": "2", "a": "1"})
        third = await post(client, query, variables={"a": "2", "b": "1"})

        assert first.json() == second.json() == {"data": {"page": "page1", "other": "page2"}}
        assert third.json() == {"data": {"page": "page2", "other": "page1"}}
        assert counter.made == 4

    async def test_are_of_the_operation_that_is_asked_for(self, client: Client) -> None:
        query = 'query A { page(about: "A") } query B { page(about: "B") }'

        for _ in range(2):
            for name in "AB":
                answer = await post(client, query, operationName=name)
                assert answer.json() == {"data": {"page": f"page{name}"}}

    async def test_have_the_media_type_that_is_asked_for(self, client: Client) -> None:
        for accept in (GRAPHQL, JSON, GRAPHQL, JSON):
            answer = await post(client, PAGE, accept=accept)
            assert answer.headers["content-type"] == f"{accept}; charset=utf-8"

    async def test_do_not_let_a_wrong_content_type_through(
        self, client: Client, counter: Counter
    ) -> None:
        answer = await post(client, PAGE)

        refused = await client.post(
            "/graphql", content=answer.request.content, headers={"Content-Type": "text/plain"}
        )

        assert refused.status_code == 415
        assert counter.made == 1

    async def test_end_with_a_write(
        self, client: Client, counter: Counter, responses: Responses
    ) -> None:
        await post(client, PAGE)
        counter.text = "newer"
        responses.forget([Subject.USERS])
        assert (await post(client, PAGE)).json() == {"data": {"page": "page"}}
        responses.forget([Subject.SERVICES])

        assert (await post(client, PAGE)).json() == {"data": {"page": "newer"}}
        assert (await get(client)).json() == {"data": {"page": "newer"}}

    async def test_are_shared_while_the_first_is_being_made(
        self, client: Client, counter: Counter
    ) -> None:
        counter.gate = asyncio.Event()
        asking = [asyncio.create_task(post(client, PAGE)) for _ in range(5)]
        await counter.began.wait()
        await asyncio.sleep(0.01)
        counter.gate.set()

        answers = await asyncio.gather(*asking)
        assert {answer.content for answer in answers} == {b'{"data":{"page":"page"}}'}
        assert counter.made == 1

    async def test_are_in_the_access_log(self, client: Client) -> None:
        query = "query Page { page }"
        with capture_logs(processors=[merge_contextvars]) as lines:
            for _ in range(2):
                await post(client, query)
            await post(client, "query Mine { mine }")

        seen = [(line["operation"], line.get("cache"), line["status"]) for line in lines]
        assert seen == [("Page", "miss", 200), ("Page", "hit", 200), ("Mine", None, 200)]


class TestMisses:
    @pytest.mark.parametrize("query", ["{ mine }", "{ unhinted }", "{ page mine }"])
    async def test_are_what_no_hint_allows(
        self, client: Client, counter: Counter, query: str
    ) -> None:
        for _ in range(2):
            answer = await get(client, query)
            assert answer.headers["cache-control"] == "no-store"
            assert "etag" not in answer.headers

        assert counter.made == 2 * (query.count(" ") - 1)

    async def test_are_requests_of_people_who_are_signed_in(
        self, client: Client, counter: Counter
    ) -> None:
        await get(client)
        for _ in range(2):
            answer = await get(client, **AMARA)
            assert answer.headers["cache-control"] == "no-store"

        assert counter.made == 3

    async def test_are_wrong_tokens(self, client: Client) -> None:
        await get(client)

        answer = await get(client, Authorization="Bearer other")

        assert answer.status_code == 401

    async def test_are_mutations(self, client: Client, counter: Counter) -> None:
        for _ in range(2):
            await post(client, "mutation { page }")

        assert counter.made == 2
        assert (await get(client, "mutation { page }")).status_code == 405

    async def test_are_errors(self, client: Client, counter: Counter) -> None:
        counter.failing = True
        failed = await get(client)
        counter.failing = False
        answer = await get(client)

        assert failed.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        assert failed.headers["cache-control"] == "no-store"
        assert answer.json() == {"data": {"page": "page"}}

    async def test_are_request_errors(self, client: Client) -> None:
        for _ in range(2):
            answer = await post(client, "query ($a: String!) { page(about: $a) }")
            assert code_of(answer) == "BAD_USER_INPUT"
            assert answer.status_code == 400

    async def test_is_everything_without_a_cache(
        self, make_app: MakeApp, client_of: ClientOf, cached_graph: Graph, counter: Counter
    ) -> None:
        app = make_app(options={"graph": cached_graph}, response_cache_bytes_max=0)
        async with client_of(app) as client:
            for _ in range(2):
                assert (await get(client)).headers["cache-control"] == "no-store"

        assert counter.made == 2


class TestHeaders:
    @pytest.mark.parametrize("accept", [JSON, GRAPHQL])
    async def test_let_others_keep_the_answer_to_a_get(self, client: Client, accept: str) -> None:
        for _ in range(2):
            answer = await get(client, Accept=accept)

            assert answer.headers["cache-control"] == "public, max-age=60"
            assert answer.headers["age"] == "0"
            assert answer.headers["vary"] == "Accept, Authorization"
            assert answer.headers["etag"].startswith('"')

    async def test_let_nobody_keep_the_answer_to_a_post(self, client: Client) -> None:
        for _ in range(2):
            answer = await post(client, PAGE)

            assert answer.headers["cache-control"] == "no-store"
            assert "etag" not in answer.headers

    async def test_answer_304_to_who_has_it(self, client: Client, counter: Counter) -> None:
        etag = (await get(client)).headers["etag"]

        for wanted in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            answer = await get(client, **{"If-None-Match": wanted})

            assert answer.status_code == 304
            assert answer.content == b""
            assert answer.headers["etag"] == etag
            assert answer.headers["cache-control"] == "public, max-age=60"
            assert answer.headers["vary"] == "Accept, Authorization"
            assert "content-type" not in answer.headers
        assert counter.made == 1

    async def test_answer_in_full_to_who_has_another(self, client: Client) -> None:
        etag = (await get(client)).headers["etag"]
        as_graphql = (await get(client, Accept=GRAPHQL)).headers["etag"]

        answer = await get(client, **{"If-None-Match": as_graphql})

        assert etag != as_graphql
        assert answer.status_code == 200
        assert answer.json() == {"data": {"page": "page"}}

    async def test_change_with_the_answer(
        self, client: Client, counter: Counter, responses: Responses
    ) -> None:
        etag = (await get(client)).headers["etag"]
        counter.text = "newer"
        responses.forget([Subject.SERVICES])

        answer = await get(client, **{"If-None-Match": etag})

        assert answer.status_code == 200
        assert answer.headers["etag"] != etag

    async def test_say_the_same_of_a_head(self, client: Client) -> None:
        full = await get(client)

        head = await client.head("/graphql", params={"query": PAGE}, headers={"Accept": JSON})

        assert head.content == b""
        assert {**head.headers, "x-request-id": ""} == {**full.headers, "x-request-id": ""}
