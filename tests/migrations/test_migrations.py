"""The migrations: safe to run on a busy database, and equal to the models."""

import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

from core.settings import StoreAddresses
from tests.architecture.house import REPOSITORY

BIN = Path(sys.executable).parent


def migration_sql() -> str:
    """Everything that the migrations do, as SQL."""
    rendered = subprocess.run(
        [BIN / "alembic", "upgrade", "head", "--sql"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    return rendered.stdout


class TestMigrations:
    def test_pass_the_linter(self, tmp_path):
        path = tmp_path / "migrations.sql"
        path.write_text(migration_sql())

        linted = subprocess.run(
            [BIN / "squawk", "--config", REPOSITORY / ".squawk.toml", path],
            check=False,
            capture_output=True,
            text=True,
        )

        assert linted.returncode == 0, linted.stdout

    def test_leave_nothing_that_the_models_declare_differently(self, addresses: StoreAddresses):
        config = Config(REPOSITORY / "alembic.ini")
        config.attributes["database_url"] = addresses.database_url

        command.check(config)
