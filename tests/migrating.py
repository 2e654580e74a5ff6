"""Migrations in a process of their own, as operators run them."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

STEP_BY_STEP = """
import sys
from cli.migrate import migrate_database
for revision in sys.argv[2:]:
    migrate_database(sys.argv[1], revision)
"""
AZORA = Path(sys.executable).parent / "azora"


class NotMigrated(Exception):
    """What `azora migrate` said when it failed."""


async def migrate(url: str, revision: str = "head") -> None:
    """Bring a database to a revision. Raises NotMigrated.

    Not in a thread, for Alembic runs a loop with greenlets, and those of a thread that ended may
    keep the process busy for ever.
    """
    await _run(url, AZORA, "migrate", "--", revision)


async def migrate_step_by_step(url: str, revisions: Sequence[str]) -> None:
    """Bring a database to one revision after the other, in one process. Raises NotMigrated."""
    await _run(url, sys.executable, "-c", STEP_BY_STEP, url, *revisions)


async def _run(url: str, *command: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "AZORA_DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise NotMigrated(said.decode())
