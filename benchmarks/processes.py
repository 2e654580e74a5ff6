"""Server processes: started, awaited, watched in `/proc`, and stopped."""

import os
import socket
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from benchmarks.exchange import HOST

READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 15.0
POLL_SECONDS = 0.005
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# Where the user and system time stand in /proc/<pid>/stat, counted behind the command's name.
USER_TICKS, SYSTEM_TICKS = 11, 12


class NotReady(Exception):
    """A server ended or did not answer in time."""


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A server that answers."""

    pid: int
    port: int
    ready_seconds: float
    """From its start to the first 200."""

    def cpu_seconds(self) -> float:
        """The CPU time of all its threads so far, in steps of 10 ms."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])) / TICKS_A_SECOND

    def resident_megabytes(self) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        line = next(line for line in lines if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@contextmanager
def server_process(
    command: Sequence[str],
    *,
    port: int,
    ready_path: str,
    log: Path,
    environment: Mapping[str, str] | None = None,
    standard_input: str = "",
) -> Generator[ServerProcess]:
    """Run a server until the block ends; enter when `ready_path` is answered with 200."""
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
        )
        try:
            assert process.stdin is not None
            process.stdin.write(standard_input.encode())
            process.stdin.close()
            _await_ready(process, port, ready_path, log)
            yield ServerProcess(process.pid, port, time.perf_counter() - started)
        finally:
            _stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _await_ready(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(port, path):
            return
        time.sleep(POLL_SECONDS)
    message = f"A server did not become ready. It said: {log.read_text()[-2000:]}"
    raise NotReady(message)


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
