"""Counts what a test sends to PostgreSQL and to MongoDB."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import pymongo.monitoring
from sqlalchemy import event

from core.database import Database
from core.stores import Stores

COUNTED_COMMANDS = ("find", "aggregate")


@contextmanager
def hearing(database: Database, hear: Callable[[str, Sequence[Any]], None]) -> Generator[None]:
    """Tell `hear` the text and the arguments of every statement that reads."""
    reads, engine = database.reads, database.read_engine.sync_engine
    fetch = reads.fetch

    async def fetch_heard(sql: str, arguments: Sequence[Any]) -> Any:
        hear(sql, arguments)
        return await fetch(sql, arguments)

    def hear_session(_connection: Any, _cursor: Any, sql: str, arguments: Any, *_: Any) -> None:
        hear(sql, arguments)

    reads.fetch = fetch_heard  # type: ignore[method-assign]
    event.listen(engine, "before_cursor_execute", hear_session)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", hear_session)
        del reads.fetch


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
        self._database = stores.database
        self._commands = commands
        self.sql: list[str] = []
        self.mongo = 0

    @contextmanager
    def counting(self) -> Generator["Statements"]:
        self.sql, before = [], self._commands.count
        try:
            with hearing(self._database, lambda sql, _: self.sql.append(sql)):
                yield self
        finally:
            self.mongo = self._commands.count - before
