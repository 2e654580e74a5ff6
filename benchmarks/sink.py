"""The cheapest server there is in Python, to find how much the load generator can generate.

It reads the path and writes the captured answer: `python -m benchmarks.sink < repetition`.
"""

import asyncio
from typing import cast

import uvloop

from benchmarks.exchange import HOST, Answer, Repetition


class Sink(asyncio.Protocol):
    """One connection. Requests are small enough to arrive in one piece."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have asyncio's methods, but not its classes.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(self._answers[data.split(b" ", 2)[1]])


def _on_the_wire(answer: Answer) -> bytes:
    headers, body = answer
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def serve(repetition: Repetition) -> None:
    answers = {
        path.encode(): _on_the_wire(answer) for path, answer in repetition.answers_by_path().items()
    }
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(answers), HOST, repetition.options["port"])
    await server.serve_forever()


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(Repetition.read()))


if __name__ == "__main__":
    main()
