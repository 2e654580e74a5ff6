"""The contract as text: written, checked against the code, compared with another."""

from pathlib import Path
from typing import Annotated

import typer
from graphql import build_schema
from graphql.utilities import BreakingChangeType, DangerousChangeType, find_schema_changes
from rich.console import Console

from core.settings import REPOSITORY, SettingsError
from graph.export import public_sdl, subgraph_sdl
from graph.schema import SUBGRAPH_NAMES, build_composition, build_subgraph

CONTRACT = REPOSITORY / "schema.graphql"

app = typer.Typer(
    help="Write, check and compare the contract `schema.graphql`.", no_args_is_help=True
)


@app.command("export")
def export(
    subgraph: Annotated[
        str | None,
        typer.Option(help=f"Print a subgraph's SDL instead: {', '.join(SUBGRAPH_NAMES)}."),
    ] = None,
) -> None:
    """Write the composed schema to `schema.graphql`, or print a subgraph's federation SDL.

    Example: `azora schema export`, or `azora schema export --subgraph users`
    """
    if subgraph is None:
        CONTRACT.write_text(public_sdl(build_composition().schema))
        return
    if subgraph not in SUBGRAPH_NAMES:
        message = f"There is no subgraph '{subgraph}'. There are: {', '.join(SUBGRAPH_NAMES)}."
        raise SettingsError(message)
    typer.echo(subgraph_sdl(build_subgraph(subgraph)), nl=False)


@app.command("check")
def check() -> None:
    """Fail when `schema.graphql` is not what the code serves.

    Example: `azora schema check`
    """
    served = public_sdl(build_composition().schema)
    if not CONTRACT.exists() or CONTRACT.read_text() != served:
        message = "schema.graphql is not what the code serves. Write it: azora schema export"
        raise SettingsError(message)


@app.command("diff")
def diff(
    other: Annotated[Path, typer.Argument(help="An older contract, as a file of SDL.")],
) -> None:
    """Say what changed since an older contract; fail when a change breaks clients.

    Example: `git show main:schema.graphql > /tmp/old.graphql && azora schema diff /tmp/old.graphql`
    """
    if not other.is_file():
        message = f"There is no file {other}."
        raise SettingsError(message)
    old = build_schema(other.read_text())
    changes = find_schema_changes(old, build_schema(public_sdl(build_composition().schema)))
    console = Console(highlight=False)
    is_broken = False
    for change in changes:
        is_breaking = isinstance(change.type, BreakingChangeType)
        is_broken = is_broken or is_breaking
        kind = "breaking" if is_breaking else _harmless_kind(change.type)
        console.print(f"{kind}: {change.description}", markup=False, soft_wrap=True)
    if not changes:
        console.print("Nothing changed.")
    if is_broken:
        raise typer.Exit(1)


def _harmless_kind(type_: object) -> str:
    return "dangerous" if isinstance(type_, DangerousChangeType) else "safe"
