"""Fixtures of the core's tests: servers that are away, or accept and never answer."""

import asyncio
import gc
import warnings
from dataclasses import dataclass

import pytest

import core.mongo
from models.documents import DOCUMENTS


@dataclass
class SilentServer:
    """Counts who connects, reads what they say, and answers nothing."""

    port: int = 0
    connections: int = 0

    async def accept(self, reader, writer):
        self.connections += 1
        while await reader.read(1024):
            pass
        writer.close()


@pytest.fixture
async def silent_server():
    silent = SilentServer()
    server = await asyncio.start_server(silent.accept, "127.0.0.1", 0)
    silent.port = server.sockets[0].getsockname()[1]
    yield silent
    server.close()
    await server.wait_closed()


@pytest.fixture
def mongo_away(monkeypatch):
    """The address of a MongoDB that is not there, given up after one look.

    The driver leaves a socket behind when it is closed while it connects: collected in silence.
    """
    monkeypatch.setattr(core.mongo, "SELECT_MILLISECONDS", 20)
    yield "mongodb://127.0.0.1:1/azora"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
async def rebound(mongo):
    """Binds the documents to the right MongoDB after a test that bound them elsewhere."""
    yield
    await mongo.bind(DOCUMENTS)
