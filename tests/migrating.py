"""Migrations in a process of their own, as operators run them."""

import asyncio
import os
import sys
from pathlib import Path

AZORA = Path(sys.executable).parent / "azora"


class NotMigrated(Exception):
    """What `azora migrate` said when it failed."""


async def migrate(url: str, revision: str = "head") -> None:
    """Bring a database to a revision. Raises NotMigrated.

    Not in a thread, for Alembic runs a loop with greenlets, and those of a thread that ended may
    keep the process busy for ever.
    """
    process = await asyncio.create_subprocess_exec(
        AZORA,
        "migrate",
        "--",
        revision,
        env={**os.environ, "AZORA_DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise NotMigrated(said.decode())
