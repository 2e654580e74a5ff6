"""Writes of one turn of the event loop go out together."""

import asyncio

import pytest

from web.server.transport import WAITING_BYTES_MAX, JoinedTransport, Turn


class Recording(asyncio.Transport):
    """A transport that keeps what was written, one item a write."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.is_closed = False

    def write(self, data) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


@pytest.fixture
async def recording() -> Recording:
    return Recording()


@pytest.fixture
async def joined(recording) -> JoinedTransport:
    return JoinedTransport(recording, Turn(asyncio.get_running_loop()))


class TestJoinedTransport:
    async def test_writes_what_one_turn_of_the_loop_wrote_in_one(self, joined, recording):
        joined.write(b"head")
        joined.write(b"body")
        before = list(recording.written)
        await asyncio.sleep(0)

        assert before == []
        assert recording.written == [b"headbody"]

    async def test_writes_the_rest_before_it_closes(self, joined, recording):
        joined.write(b"head")
        joined.close()
        await asyncio.sleep(0)

        assert recording.written == [b"head"]
        assert recording.is_closed

    async def test_does_not_keep_what_is_large(self, joined, recording):
        joined.write(b"x" * WAITING_BYTES_MAX)
        joined.write(b"y")

        assert [len(each) for each in recording.written] == [WAITING_BYTES_MAX + 1]

    async def test_is_the_transport_in_everything_else(self, joined, recording):
        recording.is_closed = True

        assert joined.is_closing()


class TestTurn:
    async def test_goes_on_after_a_client_that_has_gone(self, recording):
        turn, gone = Turn(asyncio.get_running_loop()), Recording()
        for transport in (gone, recording):
            JoinedTransport(transport, turn).write(b"a")
        gone.close()
        await asyncio.sleep(0)

        assert gone.written == []
        assert recording.written == [b"a"]

    async def test_ends_once_for_all(self, recording):
        turn = Turn(asyncio.get_running_loop())
        for each in (b"a", b"b", b"c"):
            JoinedTransport(recording, turn).write(each)
        before = list(recording.written)
        await asyncio.sleep(0)

        assert before == []
        assert recording.written == [b"a", b"b", b"c"]
