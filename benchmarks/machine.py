"""The machine and the moment of a measurement, and how busy others kept the machine."""

import os
import platform
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.settings import REPOSITORY

BUSY_WATCH_SECONDS = 2.0
COMMIT_LENGTH = 12
# Of /proc/stat's first line: idle, and idle while a disk works.
IDLE_COLUMNS = (3, 4)


@dataclass(frozen=True, slots=True)
class MachineLoad:
    """How busy the machine was at one moment, before or after we used it."""

    averages: tuple[float, float, float]
    """Runnable processes over 1, 5 and 15 minutes."""
    busy: float
    """The share of all cores that worked within two seconds, from 0 to 1."""

    def __str__(self) -> str:
        return f"{' '.join(f'{each:.2f}' for each in self.averages)} ({self.busy:.0%} busy)"


def current_load() -> MachineLoad:
    """Watch the machine for two seconds, in which we do nothing."""
    averages = os.getloadavg()
    before = _ticks()
    time.sleep(BUSY_WATCH_SECONDS)
    after = _ticks()
    passed = [later - earlier for earlier, later in zip(before, after, strict=True)]
    idle = sum(passed[column] for column in IDLE_COLUMNS)
    return MachineLoad(averages, 1 - idle / max(1, sum(passed)))


def facts() -> str:
    """Machine, Python, commit and time, in one line."""
    cores = len(os.sched_getaffinity(0))
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit()},"
        f" Python {platform.python_version()}, {cores} cores of {_processor()},"
        f" Linux {platform.release()}"
    )


def _ticks() -> list[int]:
    line = Path("/proc/stat").read_text().split("\n", 1)[0]
    # Guests' time is part of the user time already.
    return [int(each) for each in line.split()[1:9]]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def commit() -> str:
    """What is checked out, and whether it was changed since."""
    name = _git("rev-parse", "HEAD")[:COMMIT_LENGTH]
    is_changed = bool(_git("status", "--porcelain", "--untracked-files=no"))
    return f"{name or 'unknown'}{' with changes' if is_changed else ''}"


def _git(*arguments: str) -> str:
    finished = subprocess.run(
        ["git", *arguments], cwd=REPOSITORY, check=False, capture_output=True, text=True
    )
    return finished.stdout.strip()
