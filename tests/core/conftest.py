"""Fixtures of the core's tests: servers that are away, or accept and never answer."""

import asyncio
import gc
import warnings
from dataclasses import dataclass

import pytest

import core.mongo
from models.documents import DOCUMENTS

SETTLING_SECONDS = 0.05


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
async def mongo_away(monkeypatch):
    """The address of a MongoDB that is not there, given up after one look.

    The driver drops a socket when it is closed while it connects. Whenever that is collected, it is
    to be in silence (pytest takes the filter back after the test), and before the next test begins.
    """
    warnings.filterwarnings("ignore", "unclosed <socket", ResourceWarning)
    monkeypatch.setattr(core.mongo, "SELECT_MILLISECONDS", 20)
    yield "mongodb://127.0.0.1:1/azora"
    await asyncio.sleep(SETTLING_SECONDS)
    gc.collect()


@pytest.fixture
async def rebound(mongo):
    """Binds the documents to the right MongoDB after a test that bound them elsewhere."""
    yield
    await mongo.bind(DOCUMENTS)
