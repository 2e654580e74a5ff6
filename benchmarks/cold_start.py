"""How long `azora serve` takes from its start to its first 200 of `/readyz`, and for what."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.servers import azora_serve
from benchmarks.world import World

IMPORTS_SECONDS_MAX = 60


@dataclass(frozen=True, slots=True)
class Passed:
    """Seconds by the clock, and of CPU."""

    seconds: float
    cpu_seconds: float

    @classmethod
    def median(cls, passed: Sequence["Passed"]) -> "Passed":
        return cls(
            median(each.seconds for each in passed), median(each.cpu_seconds for each in passed)
        )


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Medians of `rounds` starts."""

    rounds: int
    ready: Passed
    imports: Passed
    composition: Passed


def measure_cold_start(world: World, *, rounds: int) -> ColdStart:
    """Start the server, and the imports alone, in turn. Files are in the system's cache."""
    ready: list[Passed] = []
    shares: list[dict[str, Passed]] = []
    for _ in range(rounds):
        with azora_serve(world) as server:
            ready.append(Passed(server.ready_seconds, server.cpu_seconds()))
        shares.append(_shares())
    return ColdStart(
        rounds=rounds,
        ready=Passed.median(ready),
        imports=Passed.median([share["imports"] for share in shares]),
        composition=Passed.median([share["composition"] for share in shares]),
    )


def _shares() -> dict[str, Passed]:
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.imports"],
        check=True,
        stdout=subprocess.PIPE,
        timeout=IMPORTS_SECONDS_MAX,
    )
    return {name: Passed(*passed) for name, passed in json.loads(finished.stdout).items()}
