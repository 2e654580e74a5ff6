"""The two sides that answer the corpus: a gateway over five services, and one process."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP: the GraphQL response, and the cookies that it sets."""

    data: Any
    errors: tuple[Mapping[str, Any], ...] = ()
    cookies: tuple[str, ...] = ()

    @property
    def codes(self) -> list[str | None]:
        """The code of each error; `None` where the gateway gave it none."""
        return [error.get("extensions", {}).get("code") for error in self.errors]


@dataclass(frozen=True, slots=True)
class Side:
    """One address that serves the composed graph."""

    origin: str
    client: httpx2.AsyncClient

    async def ask(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        cookie: str | None = None,
    ) -> Answer:
        """The answer to an operation, of the bearer of `token`."""
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if cookie is not None:
            headers["Cookie"] = cookie
        response = await self.client.post(
            f"{self.origin}/graphql",
            json={"query": document, "variables": dict(variables or {})},
            headers=headers,
        )
        body = response.json()
        return Answer(
            data=body.get("data"),
            errors=tuple(body.get("errors", ())),
            cookies=tuple(response.headers.get_list("set-cookie")),
        )


@dataclass(frozen=True, slots=True)
class Sides:
    """Everything that runs, and what the subgraphs and the composer said of themselves."""

    gateway: Side
    in_process: Side
    subgraph_origins: Mapping[str, str]
    subgraph_sdl: Mapping[str, str]
    public_sdl: str

    async def ask(
        self, document: str, variables: Mapping[str, Any] | None = None, *, token: str | None = None
    ) -> tuple[Answer, Answer]:
        """The answers of the gateway and of the one process, asked at the same time."""
        return await asyncio.gather(
            self.gateway.ask(document, variables, token=token),
            self.in_process.ask(document, variables, token=token),
        )
