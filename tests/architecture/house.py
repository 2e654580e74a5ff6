"""What the rules of the house are checked against: the packages, their files and their syntax."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = (
    *("cli", "core", "dev", "graph", "jobs", "models", "resolvers", "services", "subgraphs", "web"),
)


@lru_cache(maxsize=1)
def tracked_files() -> tuple[str, ...]:
    """Every file of the repository, new ones too, ignored ones not."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    return tuple(name for name in listed.stdout.splitlines() if (REPOSITORY / name).is_file())


def python_files(*folders: str) -> list[str]:
    """The Python files below some folders."""
    starts = tuple(f"{folder}/" for folder in folders)
    return [name for name in tracked_files() if name.endswith(".py") and name.startswith(starts)]


def nodes(name: str, kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> Iterator[ast.AST]:
    """The nodes of one kind in a Python file."""
    return (node for node in ast.walk(_tree(name)) if isinstance(node, kind))


@cache
def _tree(name: str) -> ast.Module:
    return ast.parse((REPOSITORY / name).read_text(), name)
