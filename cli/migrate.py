"""Brings the database's tables to a revision."""

from typing import Annotated

import typer
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from core.settings import REPOSITORY, SettingsError, read_settings


def migrate(
    revision: Annotated[
        str, typer.Argument(help="`head`, `base`, a revision, or `+1` / `-1`.")
    ] = "head",
) -> None:
    """Bring the tables of `AZORA_DATABASE_URL` to a revision: the newest, if none is said.

    Example: `azora migrate`, or `azora migrate -- -1` to go back by one
    """
    url = read_settings().database_url
    if url is None:
        message = "AZORA_DATABASE_URL says which database to migrate."
        raise SettingsError(message)
    migrate_database(url, revision)


def migrate_database(url: str, revision: str = "head") -> None:
    """Bring a database to a revision. Raises SettingsError for a revision that is not there."""
    config = Config(REPOSITORY / "alembic.ini")
    config.attributes["database_url"] = url
    try:
        if revision.startswith("-") or revision == "base":
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
    except CommandError as error:
        message = f"The tables were left as they are: {error}"
        raise SettingsError(message) from error
