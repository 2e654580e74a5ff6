"""Measures the engine beside its peers: `python -m benchmarks.engine [--smoke] [--write]`."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benchmarks.engine.flame import QUERY_NAME, CannotWatch, draw_flame_graph
from benchmarks.engine.memory import Memory, measure_caching_memory, measure_memory
from benchmarks.engine.peers import NotInstalled, install
from benchmarks.engine.plan import FULL, SMOKE, Plan
from benchmarks.engine.race import run_race
from benchmarks.engine.report import README_MARK, Measurements, markdown, memory_table
from benchmarks.machine import commit, current_load, facts
from benchmarks.report import write
from benchmarks.runs import comparisons, end_in_order, opened_folder
from benchmarks.world import World, opened_world


def main() -> None:
    """Measure everything once and print it; or one thing alone, if asked for it."""
    chosen = _arguments()
    end_in_order()
    console = Console(stderr=True, highlight=False)
    plan = SMOKE if chosen.smoke else FULL
    if chosen.requests is not None:
        plan = replace(plan, memory_requests=chosen.requests)
    is_kept = not chosen.smoke
    if not chosen.flame and not chosen.memory:
        install()
    with (
        opened_folder(is_kept=is_kept) as folder,
        opened_world(folder, plan.size, is_kept=is_kept, console=console) as world,
    ):
        picture = folder / f"flame-{QUERY_NAME}-{commit().replace(' ', '-')}.svg"
        if chosen.flame:
            draw_flame_graph(world, plan, picture)
            print(picture)
            return
        if chosen.memory:
            print(memory_table(*_memory(world, plan, console)))
            return
        report = markdown(_measured(world, plan, console))
        if chosen.smoke:
            _draw_where_allowed(world, plan, picture, console)
    print(report)
    if chosen.write:
        write(report, name=README_MARK)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--smoke", action="store_true", help="only see that everything runs")
    what.add_argument("--write", action="store_true", help="put the report into README.md")
    what.add_argument("--flame", action="store_true", help="only draw a flame graph of Q2")
    what.add_argument("--memory", action="store_true", help="only measure a worker's memory")
    parser.add_argument(
        "--requests", type=int, help=f"for the memory (by default {FULL.memory_requests})"
    )
    return parser.parse_args()


def _draw_where_allowed(world: World, plan: Plan, path: Path, console: Console) -> None:
    try:
        draw_flame_graph(world, plan, path)
        console.print(f"Flame graph of {path.stat().st_size:,} bytes", style="dim")
    except CannotWatch as refused:
        reason = str(refused).strip().partition("\n")[0]
        console.print(f"No flame graph, going on without it: {reason}", style="dim")


def _memory(world: World, plan: Plan, console: Console) -> tuple[Memory, Memory]:
    console.print(f"Memory after {plan.memory_requests:,} requests", style="dim")
    return measure_memory(world, plan), measure_caching_memory(world, plan)


def _measured(world: World, plan: Plan, console: Console) -> Measurements:
    started_from, before = facts(), current_load()
    race = run_race(world, plan, console)
    console.print("Composed against plain", style="dim")
    compared = comparisons(world, rounds=plan.composition_rounds)
    memory, caching = _memory(world, plan, console)
    return Measurements(
        facts=started_from,
        before=before,
        after=current_load(),
        seeding=world.seeding,
        race=race,
        comparisons=compared,
        memory=memory,
        caching_memory=caching,
        connections=plan.connections,
    )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
    except (CannotWatch, NotInstalled) as error:
        sys.exit(str(error))
