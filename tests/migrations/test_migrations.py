"""The migrations as text: safe to run on a busy database."""

import subprocess
import sys
from pathlib import Path

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
