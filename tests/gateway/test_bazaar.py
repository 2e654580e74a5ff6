"""A gateway over the bazaar's subgraphs answers as the composition in one process does.

The project's own subgraphs have none of these: keys of several parts, nested or null, required
fields with arguments and of several subgraphs, overridden fields, unions across subgraphs.
"""

import sys
from collections.abc import AsyncGenerator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from itertools import count
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from graphql import build_schema

from graph.export import public_sdl, subgraph_sdl
from tests.gateway.deployment import ANSWER_SECONDS_MAX, composed, gateway, port_of
from tests.gateway.processes import Program, loopback_origins, processes
from tests.graph.bazaar.composed import SUBGRAPHS, bazaar
from tests.graph.bazaar.corpus import CORPUS
from tests.graph.bazaar.shared import Context
from tests.graph.equivalence.executors import Request, Subject

SERVICE = "tests.gateway.bazaar_service"
REQUEST_IDS = count(1)
UNPLANNED = {
    "required fields of one member of a union": "type.getFields is not a function",
    **{
        name: "The following field cannot be satisfied by the subschemas:"
        for name in CORPUS
        if name.startswith("required fields there and back again")
    },
}
"""What the gateway cannot plan, and what it says. Mended, it fails here, and the entry goes."""
READ_BETWEEN_WRITES = """mutation {
  a: rename(id: "8", name: "once") { name balance { amount } }
  b: rename(id: "8", name: "twice") { name wallet { owner { name } } }
}"""
STALE = """mutation {
  a: transfer(data: { to: "8", amount: "1" }) { ... on TransferMade { to { name } } }
  b: rename(id: "8", name: "renamed") { name }
  c: transfer(data: { to: "8", amount: "1" }) { ... on TransferMade { to { name } } }
}"""


class Bazaar:
    """Asks the gateway, each time in a new world."""

    def __init__(self, origin: str, client: httpx2.AsyncClient, sdl: str) -> None:
        self._url = f"{origin}/graphql"
        self._client = client
        self.public_sdl = sdl

    async def ask(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        response = await self._client.post(
            self._url,
            json={"query": document, "variables": variables or {}},
            headers={"Accept": "application/json", "X-Request-Id": f"bazaar-{next(REQUEST_IDS)}"},
        )
        return response.json()


@pytest_asyncio.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Bazaar]:
    """The gateway over four services."""
    folder = tmp_path_factory.mktemp("bazaar")
    *places, gateway_origin = loopback_origins(len(SUBGRAPHS) + 1)
    origins = dict(zip(SUBGRAPHS, places, strict=True))
    sdl = {name: subgraph_sdl(schema) for name, schema in SUBGRAPHS.items()}
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    async with (
        processes(folder) as started,
        httpx2.AsyncClient(cookies=jar, timeout=ANSWER_SECONDS_MAX) as client,
    ):
        await started.start(*(_service(name, origin) for name, origin in origins.items()))
        supergraph, public = await composed(folder, origins, sdl)
        await started.start(gateway(supergraph, gateway_origin))
        yield Bazaar(gateway_origin, client, public)


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject(bazaar().schema)


async def in_process(subject: Subject, document: str, variables: dict[str, Any]) -> Any:
    """The plan's answer, and graphql-core's, which must be the same."""
    request = Request(document, variables)
    planned = await subject.by_plan(request, Context())
    assert planned.data == (await subject.by_reference(request, Context())).data
    return planned


def test_the_other_composer_makes_the_same_schema(served: Bazaar) -> None:
    assert public_sdl(build_schema(served.public_sdl)) == public_sdl(bazaar().schema)


@pytest.mark.parametrize("name", CORPUS)
async def test_operations_are_answered_alike(served: Bazaar, subject: Subject, name: str) -> None:
    document, variables, expected = CORPUS[name]

    answer = await served.ask(document, variables)

    if name in UNPLANNED:
        messages = [error["message"].partition("\n")[0] for error in answer["errors"]]
        assert set(messages) == {UNPLANNED[name]}
    else:
        assert answer.get("errors") is None
        assert answer["data"] == expected
    assert (await in_process(subject, document, variables)).data == expected


async def test_reads_between_writes_are_fresh(served: Bazaar, subject: Subject) -> None:
    answer = await served.ask(READ_BETWEEN_WRITES)

    result = await in_process(subject, READ_BETWEEN_WRITES, {})
    assert result.data == {
        "a": {"name": "once", "balance": {"amount": "80.00"}},
        "b": {"name": "twice", "wallet": {"owner": {"name": "twice"}}},
    }
    assert answer["data"] == result.data


async def test_entities_met_before_a_write_are_fresh_in_process(
    served: Bazaar, subject: Subject
) -> None:
    """The gateway keeps what the first field loaded (specification, section 6.2.2, says not to)."""
    answer = await served.ask(STALE)

    result = await in_process(subject, STALE, {})
    assert result.data is not None
    assert result.data["c"] == {"to": {"name": "renamed"}}
    assert answer["data"]["c"] == {"to": {"name": "user8"}}


@pytest.mark.parametrize("field", ["ghost", "nameless"])
async def test_missing_entities_lose_the_same_position(
    served: Bazaar, subject: Subject, field: str
) -> None:
    document = f"{{ {field} {{ id name }} version }}"

    answer = await served.ask(document)

    result = await in_process(subject, document, {})
    assert result.data == {field: None, "version": "1"}
    assert answer["data"] == result.data


@pytest.mark.parametrize(
    ("field", "shown", "failed"),
    [
        ("surcharge", {"surcharge": None}, []),
        ("bill", {"bill": None}, [["listing", "bill"]]),
        ("fee { amount }", None, [["listing", "fee"]]),
    ],
)
async def test_required_fields_that_a_subgraph_cannot_give_fail_alike(
    served: Bazaar, subject: Subject, field: str, shown: Any, failed: list[Any]
) -> None:
    """Wallets does not know the listing; a bill is written for a fee that is not there."""
    document = f'{{ listing(sku: "s404") {{ {field} }} }}'

    answer = await served.ask(document)

    result = await in_process(subject, document, {})
    assert result.data == {"listing": shown}
    assert [error.path for error in result.errors or []] == failed
    assert answer["data"] == result.data
    assert [error["path"] for error in answer.get("errors", [])] == failed


def _service(name: str, origin: str) -> Program:
    command = (sys.executable, "-m", SERVICE, name, port_of(origin))
    return Program(name, command, {}, origin, "/readyz")
