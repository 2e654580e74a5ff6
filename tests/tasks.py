"""The tasks that a test can be to blame for."""

import asyncio
from typing import Any


def our_tasks() -> set["asyncio.Task[Any]"]:
    """Every task but those with which the driver of MongoDB watches its server."""
    return {task for task in asyncio.all_tasks() if "pymongo" not in repr(task)}
