"""`azora run` as a process: it serves, it stops cleanly, and it leaves nobody behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from core.settings import REPOSITORY

SECONDS_MAX = 60.0


class Running:
    """An `azora run` on a folder and a port of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AZORA_")}
        return subprocess.Popen(
            [sys.executable, "-m", "cli", "run"],
            cwd=REPOSITORY,
            env={
                **inherited,
                "AZORA_PORT": str(self.port),
                "AZORA_DATA_FOLDER": str(self.folder),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until_ready(self) -> httpx2.Response:
        ends_at = time.monotonic() + SECONDS_MAX
        while time.monotonic() < ends_at and self.process.poll() is None:
            try:
                return httpx2.get(f"http://127.0.0.1:{self.port}/readyz")
            except httpx2.TransportError:
                time.sleep(0.1)
        raise AssertionError(self.process.communicate(timeout=5)[0])

    def server_processes(self) -> list[str]:
        """Processes that name the folder: the embedded servers and their guardian."""
        return [process for process, command, _ in processes() if self._folder in command]

    def workers(self) -> list[str]:
        """The worker beside the serving process."""
        return [
            process
            for process, command, environment in processes()
            if b"worker" in command and self._folder in environment
        ]

    def metrics_with(self, sample: str) -> str:
        """What `/metrics` says, once it has a sample that begins like this."""
        ends_at = time.monotonic() + SECONDS_MAX
        while time.monotonic() < ends_at:
            text = httpx2.get(f"http://127.0.0.1:{self.port}/metrics").text
            if f"\n{sample}" in text:
                return text
            time.sleep(0.1)
        raise AssertionError(text)

    @property
    def _folder(self) -> bytes:
        return str(self.folder).encode()

    def until_gone(self) -> None:
        ends_at = time.monotonic() + SECONDS_MAX
        while time.monotonic() < ends_at and (self.server_processes() or self.workers()):
            time.sleep(0.1)
        assert self.server_processes() == []
        assert self.workers() == []


def processes() -> Iterator[tuple[str, bytes, bytes]]:
    """The id, command and environment of every process that may be looked into."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            yield path.name, (path / "cmdline").read_bytes(), (path / "environ").read_bytes()
        except OSError:
            continue


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("azora-run")
    run = Running(folder)
    yield run
    run.process.kill()
    run.process.communicate(timeout=SECONDS_MAX)
    run.until_gone()


@pytest.mark.xdist_group("processes")
class TestRun:
    def test_serves_a_seeded_world_and_stops_cleanly_and_starts_again(self, running):
        assert running.until_ready().json()["status"] == "ready"
        answer = httpx2.post(
            f"http://127.0.0.1:{running.port}/graphql", json={"query": "{ stats { users } }"}
        )
        assert answer.json() == {"data": {"stats": {"users": 200}}}

        running.process.send_signal(signal.SIGINT)
        output, _ = running.process.communicate(timeout=SECONDS_MAX)

        assert "Azora is ready" in output
        assert "learner@azora.example" in output
        assert "Traceback" not in output
        running.until_gone()

        running.process = running.start()
        assert running.until_ready().status_code == 200

    def test_has_a_worker_that_proves_seals_and_ends_with_it(self, running):
        running.until_ready()

        metrics = running.metrics_with("azora_ledger_checked_timestamp_seconds 1.")
        running.metrics_with("azora_ledger_unsealed_seconds 0.0")
        workers = running.workers()
        running.process.send_signal(signal.SIGINT)
        output, _ = running.process.communicate(timeout=SECONDS_MAX)

        assert "azora_workers 1.0" in metrics
        assert not re.search(r"^azora_ledger_contradictions\{.*\} [1-9]", metrics, re.MULTILINE)
        assert len(workers) == 1
        assert running.workers() == []
        assert "Traceback" not in output

    @pytest.mark.parametrize("is_ready", [False, True], ids=["starting", "serving"])
    def test_stops_everything_when_it_is_asked_to_terminate(self, running, is_ready):
        while not running.server_processes():
            time.sleep(0.05)
        if is_ready:
            running.until_ready()

        running.process.send_signal(signal.SIGTERM)
        output, _ = running.process.communicate(timeout=SECONDS_MAX)

        assert running.process.returncode == 128 + signal.SIGTERM
        assert "Traceback" not in output
        running.until_gone()

    def test_leaves_no_orphan_when_it_is_killed(self, running):
        running.until_ready()
        assert running.server_processes()

        running.process.kill()
        running.process.communicate(timeout=SECONDS_MAX)

        running.until_gone()

    def test_says_when_the_port_is_taken(self, running, tmp_path):
        running.until_ready()

        second = subprocess.run(
            [sys.executable, "-m", "cli", "run"],
            cwd=REPOSITORY,
            env={
                **os.environ,
                "AZORA_PORT": str(running.port),
                "AZORA_DATA_FOLDER": str(tmp_path),
            },
            check=False,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
        )

        assert second.returncode == 1
        assert f"Port {running.port} of 127.0.0.1 is taken." in second.stderr
        assert "Traceback" not in second.stderr
