"""Finds the servers' programs inside their packages, which are never imported."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from dev.servers.errors import ProgramMissing


def package_folder(package: str) -> Path | None:
    """Return the folder of an installed package (also of one without `__init__`), or None."""
    specification = find_spec(package)
    if specification is None or not specification.submodule_search_locations:
        return None
    return Path(specification.submodule_search_locations[0])


def find_program(package: str, inside: str, *, setting: str) -> str:
    """Return the path of a program in its package, else on PATH, or raise ProgramMissing.

    `setting` names the variable that replaces this embedded server by a real one.
    """
    folder = package_folder(package)
    if folder and (folder / inside).is_file():
        return str(folder / inside)
    name = Path(inside).name
    program = shutil.which(name)
    if program is None:
        raise ProgramMissing(name, package=package, setting=setting)
    return program
