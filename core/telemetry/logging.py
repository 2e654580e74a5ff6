"""Structured JSON logs, one object a line, with the blueprint's fields (7.2).

`service`, `action`, `userId`, `latency` (milliseconds) and `timestamp`, and the request's id.
"""

import asyncio
import atexit
import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog

SERVICE = "azora"
LINE_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
LEVELS: Mapping[str, int] = logging.getLevelNamesMapping()


def configure_logging(level: str, *, service: str = SERVICE) -> None:
    """Send this process's logs, the libraries' too, to standard error as JSON lines."""

    def line(logger: Any, level: str, event: MutableMapping[str, Any]) -> str:
        """One processor for all: each costs every request as much as what it does."""
        event = structlog.contextvars.merge_contextvars(logger, level, event)
        event = structlog.stdlib.add_log_level(logger, level, event)
        event = structlog.processors.format_exc_info(logger, level, event)
        event["timestamp"] = datetime.now(UTC)
        event["service"] = service
        event["action"] = event.pop("event")
        return _dump(event)

    lines = Lines(sys.stderr)
    atexit.register(lines.flush)
    structlog.configure(
        processors=[line],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level.upper()]),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, line]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())


class Lines:
    """Writes lines; those of one turn of the event loop together, since each write is costly."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._waiting: list[str] = []

    def msg(self, line: str) -> None:
        """Write a line at once, or at the end of this turn of the loop."""
        self._waiting.append(line)
        if len(self._waiting) > 1:
            return
        try:
            asyncio.get_running_loop().call_soon(self.flush)
        except RuntimeError:
            self.flush()

    debug = info = warning = error = critical = exception = msg

    def flush(self) -> None:
        """Write what waits. When the interpreter ends, standard error may be closed already."""
        if self._waiting and not self._file.closed:
            self._waiting.append("")
            self._file.write("\n".join(self._waiting))
            self._waiting.clear()
            self._file.flush()


def _dump(event: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(event, default=str, option=LINE_OPTIONS).decode()
    except TypeError:
        # Long integers and halves of characters: a line is never lost for what it says.
        return json.dumps(event, default=_text)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
