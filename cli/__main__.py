"""The `azora` command. Each group of commands is a module beside this one."""

import sys

import typer
from rich.console import Console

from cli import doctor, ledger, migrate, run, schema, seed, serve, worker
from core.errors import CodedError
from core.settings import SettingsError
from dev.embedded import EmbeddedServerError
from dev.seed import AlreadySeeded
from graph.compose import CompositionError

EXPECTED = (SettingsError, EmbeddedServerError, CompositionError, CodedError, AlreadySeeded)

app = typer.Typer(
    name="azora",
    help="Azora: five GraphQL subgraphs, one graph. Start with `azora run`.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("seed")(seed.seed_world)
app.command("migrate")(migrate.migrate)
app.command("doctor")(doctor.doctor)
app.add_typer(schema.app, name="schema")
app.add_typer(ledger.app, name="ledger")


def main() -> None:
    """Run a command. What an operator can mend is one sentence, not a traceback."""
    try:
        app()
    except EXPECTED as error:
        Console(stderr=True, highlight=False).print(str(error), style="red", soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
