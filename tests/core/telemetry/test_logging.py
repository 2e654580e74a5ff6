"""Logs: one JSON object a line on standard error, with the blueprint's fields."""

import asyncio
import json
import re
import subprocess
import sys
from io import StringIO

import pytest

from core.settings import REPOSITORY
from core.telemetry.logging import Lines

PREPARE = """
import logging, structlog
from core.telemetry.logging import configure_logging
configure_logging({level!r}{service})
log = structlog.get_logger("azora")
"""
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def logged():
    """The lines of a process of its own: logging is configured once for each process."""

    def run(program, *, level="info", service=None):
        named = "" if service is None else f", service={service!r}"
        done = subprocess.run(
            [sys.executable, "-c", PREPARE.format(level=level, service=named) + program],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == ""
        return [json.loads(line) for line in done.stderr.splitlines()]

    return run


class TestConfigureLogging:
    def test_writes_the_fields_of_the_blueprint(self, logged):
        (line,) = logged('log.info("request_served", userId="usr_1", latency=12.5, requestId="r1")')

        assert TIMESTAMP.fullmatch(line.pop("timestamp"))
        assert line == {
            "service": "azora",
            "action": "request_served",
            "level": "info",
            "userId": "usr_1",
            "latency": 12.5,
            "requestId": "r1",
        }

    def test_writes_the_lines_of_libraries_in_the_same_form(self, logged):
        (line,) = logged('logging.getLogger("uvicorn.error").warning("port %d is taken", 8000)')

        assert TIMESTAMP.fullmatch(line.pop("timestamp"))
        assert line == {"service": "azora", "action": "port 8000 is taken", "level": "warning"}

    def test_names_the_service_that_the_process_is(self, logged):
        lines = logged('log.info("one"); logging.info("two")', service="marketplace")

        assert [line["service"] for line in lines] == ["marketplace", "marketplace"]

    def test_keeps_what_was_bound_to_the_request(self, logged):
        lines = logged(
            'structlog.contextvars.bind_contextvars(requestId="r1")\n'
            'log.info("one"); logging.warning("two")'
        )

        assert [line["requestId"] for line in lines] == ["r1", "r1"]

    def test_writes_nothing_below_its_level(self, logged):
        lines = logged(
            'log.info("one"); logging.info("two"); log.warning("three"); logging.error("four")',
            level="warning",
        )

        assert [line["action"] for line in lines] == ["three", "four"]

    @pytest.mark.parametrize("failing", ['log.exception("failed")', 'logging.exception("failed")'])
    def test_writes_a_traceback_into_the_line_of_its_error(self, logged, failing):
        (line,) = logged(f"try:\n    1 / 0\nexcept ZeroDivisionError:\n    {failing}")

        assert line["action"] == "failed"
        assert line["exception"].startswith("Traceback (most recent call last)")
        assert line["exception"].endswith("ZeroDivisionError: division by zero")

    @pytest.mark.parametrize(
        ("value", "written"),
        [
            ("object", "<class 'object'>"),
            ("{1: 2}", {"1": 2}),
            ("2**70", 2**70),
            (r"'\ud800'", "\ud800"),
            ("'a\\nb'", "a\nb"),
        ],
    )
    def test_loses_no_line_for_a_value_that_json_has_not(self, logged, value, written):
        (line,) = logged(f'log.info("odd", value={value})')

        assert line["value"] == written


class CountingFile(StringIO):
    """Text, and how many writes it took."""

    def __init__(self):
        super().__init__()
        self.writes = 0

    def write(self, text):
        self.writes += 1
        return super().write(text)


class TestLines:
    def test_are_written_at_once_where_no_loop_runs(self):
        file = CountingFile()
        lines = Lines(file)

        lines.info("one")
        lines.error("two")

        assert file.getvalue() == "one\ntwo\n"

    async def test_of_one_turn_of_the_loop_are_written_together_and_in_their_order(self):
        file = CountingFile()
        lines = Lines(file)

        for number in range(3):
            lines.info(f"line {number}")
        before = file.getvalue()
        await asyncio.sleep(0)

        assert before == ""
        assert file.getvalue() == "line 0\nline 1\nline 2\n"
        assert file.writes == 1

    async def test_have_nowhere_to_go_once_the_file_is_closed(self):
        file = CountingFile()
        lines = Lines(file)
        lines.info("one")

        file.close()
        lines.flush()

        assert file.writes == 0

    def test_of_the_last_turn_are_not_lost(self, logged):
        program = """
import asyncio
async def last():
    log.info("last words")
    asyncio.get_running_loop().stop()
loop = asyncio.new_event_loop()
task = loop.create_task(last())
loop.run_forever()
"""
        (line,) = logged(program)

        assert line["action"] == "last words"
