"""Structured JSON logs, one object a line, with the blueprint's fields (7.2).

`service`, `action`, `userId`, `latency` (milliseconds) and `timestamp`, and the request's id.
"""

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import orjson
import structlog

SERVICE = "azora"
LEVELS: Mapping[str, int] = logging.getLevelNamesMapping()


def configure_logging(level: str, *, service: str = SERVICE) -> None:
    """Send this process's logs, the libraries' too, to standard error as JSON lines."""

    def named(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        event["action"] = event.pop("event")
        return event

    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        structlog.processors.format_exc_info,
    ]
    render = structlog.processors.JSONRenderer(serializer=_dump)
    structlog.configure(
        processors=[*shared, named, render],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, named, render],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())


def _dump(value: object, **_: object) -> str:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        # Long integers and halves of characters: a line is never lost for what it says.
        return json.dumps(value, default=str)
