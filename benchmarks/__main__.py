"""Measures the server with a seeded world: `python -m benchmarks [--smoke] [--write]`."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from benchmarks.cold_start import measure_cold_start
from benchmarks.machine import current_load, facts
from benchmarks.plan import FULL, SMOKE, Plan
from benchmarks.report import Measurements, markdown, write
from benchmarks.runs import comparisons, end_in_order, opened_folder
from benchmarks.throughput import measure_throughput
from benchmarks.world import opened_world


def main() -> None:
    """Measure everything once, print it, and write it down where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--smoke", action="store_true", help="only see that everything runs")
    what.add_argument("--write", action="store_true", help="put the report into README.md")
    chosen = parser.parse_args()
    end_in_order()
    console = Console(stderr=True, highlight=False)
    plan = SMOKE if chosen.smoke else FULL
    with opened_folder(is_kept=not chosen.smoke) as folder:
        report = markdown(_measured(folder, plan, console, is_kept=not chosen.smoke))
    print(report)
    if chosen.write:
        write(report)


def _measured(folder: Path, plan: Plan, console: Console, *, is_kept: bool) -> Measurements:
    started_from = facts()
    before = current_load()
    with opened_world(folder, plan.size, is_kept=is_kept, console=console) as world:
        console.print("Composed against plain", style="dim")
        compared = comparisons(world, rounds=plan.composition_rounds)
        console.print("Cold start", style="dim")
        cold_start = measure_cold_start(world, rounds=plan.start_rounds)
        throughput = measure_throughput(world, plan, console)
        seeding = world.seeding
    return Measurements(
        facts=started_from,
        before=before,
        after=current_load(),
        seeding=seeding,
        comparisons=compared,
        cold_start=cold_start,
        throughput=throughput,
    )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
