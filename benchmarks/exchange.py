"""Requests as bytes on the wire, and the answers that a server gave to them."""

import base64
import json
import sys
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from typing import Any

from benchmarks.queries import Query

HOST = "127.0.0.1"
GRAPHQL_PATH = "/graphql"
ANSWER_SECONDS_MAX = 30.0
JSON_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


Answer = tuple[list[tuple[str, str]], bytes]
"""Headers and body."""


class WrongAnswer(Exception):
    """A server answered with something else than data."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A query and the answer to it, which other servers repeat at the path `/<name>`."""

    query: Query
    headers: tuple[tuple[str, str], ...]
    body: bytes
    others: "tuple[Exchange, ...]" = ()
    """What further connections ask instead, where not all ask the same."""

    @property
    def path(self) -> str:
        return f"/{self.query.name}"

    def request(self, path: str) -> bytes:
        """The request of this query to a path."""
        body = self.query.body()
        headers = {**JSON_HEADERS, "Host": HOST, "Content-Length": str(len(body))}
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {each}" for name, each in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True, slots=True)
class Repetition:
    """What a process needs to repeat answers. It travels as JSON through standard input."""

    options: dict[str, Any]
    """uvicorn's, among them the port."""
    answers: list[dict[str, Any]]

    @classmethod
    def of(cls, exchanges: list[Exchange], options: dict[str, Any]) -> "Repetition":
        answers = [
            {
                "path": each.path,
                "headers": each.headers,
                "body": base64.b64encode(each.body).decode(),
            }
            for each in exchanges
        ]
        return cls(options, answers)

    @classmethod
    def read(cls) -> "Repetition":
        return cls(**json.load(sys.stdin))

    def text(self) -> str:
        return json.dumps(asdict(self))

    def answers_by_path(self) -> dict[str, Answer]:
        return {
            answer["path"]: (answer["headers"], base64.b64decode(answer["body"]))
            for answer in self.answers
        }


def ask(port: int, text: str) -> Any:
    """The data that a query is answered with. Raises WrongAnswer for errors."""
    query = Query("", "", text)
    return json.loads(exchanged(port, query).body)["data"]


def exchanged(port: int, query: Query) -> Exchange:
    """Ask the server at `port`. Raises WrongAnswer unless it answers with data alone."""
    connection = HTTPConnection(HOST, port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("POST", GRAPHQL_PATH, query.body(), JSON_HEADERS)
        response = connection.getresponse()
        headers = tuple((name.lower(), value) for name, value in response.getheaders())
        body = response.read()
    finally:
        connection.close()
    if response.status != 200 or "errors" in json.loads(body):
        message = f"{query.name} was answered with {response.status}: {body[:500]!r}"
        raise WrongAnswer(message)
    return Exchange(query, headers, body)
