"""Counts what a test sends to PostgreSQL and to MongoDB."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pymongo.monitoring
from sqlalchemy import event

from core.stores import Stores

COUNTED_COMMANDS = ("find", "aggregate")


class MongoCommands(pymongo.monitoring.CommandListener):
    """Hears every command of every client of this process."""

    def __init__(self) -> None:
        self.count = 0

    def started(self, event: Any) -> None:
        if event.command_name in COUNTED_COMMANDS:
            self.count += 1

    def succeeded(self, event: Any) -> None:
        """Nothing: the start was counted."""

    def failed(self, event: Any) -> None:
        """Nothing: the start was counted."""


class Statements:
    """Statements of reads, counted within `counting()`."""

    def __init__(self, stores: Stores, commands: MongoCommands) -> None:
        self._engine = stores.database.read_engine.sync_engine
        self._commands = commands
        self.sql: list[str] = []
        self.mongo = 0

    @contextmanager
    def counting(self) -> Generator["Statements"]:
        self.sql, before = [], self._commands.count
        event.listen(self._engine, "before_cursor_execute", self._hear)
        try:
            yield self
        finally:
            event.remove(self._engine, "before_cursor_execute", self._hear)
            self.mongo = self._commands.count - before

    def _hear(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.sql.append(statement)
