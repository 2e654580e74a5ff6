"""The generator counts every answer once, compares each, and says the latencies by rank."""

from base64 import b64encode

import pytest

from benchmarks.load import _seen, perform
from tests.benchmarks.conftest import ANSWER, BODY


class TestPercentiles:
    @pytest.mark.parametrize(
        ("count", "expected"),
        [(1, (1, 1, 1)), (2, (1, 2, 2)), (100, (50, 95, 99)), (1000, (500, 950, 990))],
    )
    def test_are_the_nearest_ranks(self, count, expected):
        latencies = [number / 1000 for number in range(count, 0, -1)]

        seen = _seen(latencies, 2.0, 0.5)

        assert (seen.p50_ms, seen.p95_ms, seen.p99_ms) == pytest.approx(expected)
        assert (seen.requests, seen.seconds, seen.cpu_seconds) == (count, 2.0, 0.5)


class TestPerform:
    async def test_stops_after_so_many_answers(self, serving, order):
        async with serving(ANSWER) as port:
            seen = await perform(order(port, requests_max=10))

        assert seen.requests == 10

    async def test_lets_each_connection_finish(self, serving, order):
        async with serving(ANSWER) as port:
            seen = await perform(order(port, requests_max=10, connections=4))

        assert seen.requests == 13

    async def test_stops_after_its_time(self, serving, order):
        async with serving(ANSWER) as port:
            seen = await perform(order(port, seconds=0.05))

        assert seen.requests > 0
        assert seen.p50_ms <= seen.p95_ms <= seen.p99_ms

    async def test_puts_an_answer_in_pieces_together(self, serving, order):
        async with serving(ANSWER[:20], ANSWER[20:-5], ANSWER[-5:]) as port:
            seen = await perform(order(port, requests_max=5))

        assert seen.requests == 5

    async def test_gives_each_connection_its_own_request(self, serving, order):
        other = (b64encode(b"GET / HTTP/1.1\r\n\r\n").decode(), b64encode(b"other").decode())

        async with serving(ANSWER) as port:
            await perform(order(port, requests_max=5, connections=1, others_base64=[other]))
            with pytest.raises(RuntimeError, match="another answer than expected"):
                await perform(order(port, requests_max=5, connections=2, others_base64=[other]))

    @pytest.mark.parametrize(
        "answer",
        [
            ANSWER.replace(b"200 OK", b"500 Oh"),
            ANSWER.replace(b"Query", b"query"),
            ANSWER.replace(BODY, BODY[:-1] + b" "),
        ],
        ids=["status", "content", "last byte"],
    )
    async def test_refuses_another_answer(self, serving, order, answer):
        async with serving(answer) as port:
            with pytest.raises(RuntimeError, match="another answer than expected"):
                await perform(order(port, requests_max=5))

    async def test_refuses_a_connection_that_is_closed(self, serving, order):
        async with serving() as port:
            with pytest.raises(RuntimeError, match="the server closed a connection"):
                await perform(order(port, requests_max=5))
