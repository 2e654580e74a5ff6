"""A bare ASGI handler that repeats captured answers, under the options of `azora serve`.

What remains when no GraphQL is executed: `python -m benchmarks.bare < repetition`.
"""

from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from benchmarks.exchange import Answer, Repetition

# uvicorn writes the date itself, here as there.
WRITTEN_BY_THE_SERVER = "date"


class Bare:
    """Answers each known path with the same bytes every time."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self._messages = {path: _messages(answer) for path, answer in answers.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        start, body = self._messages[scope["path"]]
        await send(start)
        await send(body)


def _messages(answer: Answer) -> tuple[dict[str, Any], dict[str, Any]]:
    headers, body = answer
    lines = [
        (name.encode(), value.encode()) for name, value in headers if name != WRITTEN_BY_THE_SERVER
    ]
    start = {"type": "http.response.start", "status": 200, "headers": lines}
    return start, {"type": "http.response.body", "body": body}


def main() -> None:
    repetition = Repetition.read()
    app = Bare(repetition.answers_by_path())
    changes: dict[str, Any] = {"app": app, "factory": False, "lifespan": "off"}
    uvicorn.run(**(repetition.options | changes))


if __name__ == "__main__":
    main()
