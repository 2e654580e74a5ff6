"""Times what a process does before it can serve: `python -m benchmarks.imports`."""

import importlib
import json
import sys
import time


def main() -> None:
    """Write the seconds, and those of CPU, to import the program and to compose the schema."""
    started = _now()
    importlib.import_module("cli.__main__")
    imported = _now()
    importlib.import_module("graph.schema").build_composition()
    composed = _now()
    json.dump(
        {"imports": _passed(started, imported), "composition": _passed(imported, composed)},
        sys.stdout,
    )


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _passed(earlier: tuple[float, float], later: tuple[float, float]) -> list[float]:
    return [end - begin for begin, end in zip(earlier, later, strict=True)]


if __name__ == "__main__":
    main()
