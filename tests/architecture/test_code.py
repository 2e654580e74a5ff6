"""Rules of the code that no linter knows."""

import ast
import importlib
import re
from pathlib import Path

import grimp
import pytest

from tests.architecture.house import PACKAGES, REPOSITORY, nodes, python_files, tracked_files

ENTRY_POINTS = ("cli.__main__", "cli.serving", "dev.guardian")
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
TRANSACTION_ENDS = {"commit", "rollback"}
COMMITS = {"core/database.py", "migrations/env.py"}
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")


class TestPackages:
    @pytest.mark.parametrize("package", PACKAGES)
    def test_are_loaded_from_this_repository(self, package):
        loaded = importlib.import_module(package)

        assert loaded.__file__ is not None
        assert Path(loaded.__file__).resolve() == REPOSITORY / package / "__init__.py"


class TestModules:
    def test_are_each_reachable_from_an_entry_point(self):
        graph = grimp.build_graph(*PACKAGES, cache_dir=None)
        reachable = set(ENTRY_POINTS)
        for entry in ENTRY_POINTS:
            reachable |= graph.find_upstream_modules(entry)
        used_packages = {
            module.rsplit(".", depth)[0]
            for module in reachable
            for depth in range(1, module.count(".") + 1)
        }

        unreachable = graph.modules - reachable - used_packages

        assert sorted(unreachable) == []

    def test_end_transactions_in_one_place_only(self):
        ended_elsewhere = [
            f"{name}:{node.lineno}"
            for name in python_files(*PACKAGES, "migrations")
            if name not in COMMITS
            for node in nodes(name, ast.Call)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in TRANSACTION_ENDS
        ]

        assert ended_elsewhere == []

    def test_read_the_environment_in_the_settings_only(self):
        readers = [
            f"{name}:{node.lineno}"
            for name in python_files(*PACKAGES)
            if name != "core/settings.py"
            for node in nodes(name, (ast.Call, ast.Subscript))
            if _reads_environment(node)
        ]

        assert readers == []


class TestLengths:
    @pytest.mark.parametrize("name", python_files(*PACKAGES, "tests", "benchmarks"))
    def test_keep_files_to_one_subject(self, name):
        lines = (REPOSITORY / name).read_text().count("\n")

        assert lines <= FILE_LINES_MAX or name.startswith("tests/"), f"{name}: {lines} lines"

    def test_keep_functions_readable(self):
        long_functions = [
            f"{name}:{node.lineno} {node.name}: {length} lines"
            for name in python_files(*PACKAGES, "benchmarks")
            for node in nodes(name, (ast.FunctionDef, ast.AsyncFunctionDef))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
        ]

        assert long_functions == []


class TestFiles:
    def test_have_no_unfinished_notes(self):
        unfinished = [
            f"{name}:{number}"
            for name in tracked_files()
            if name.endswith((".py", ".md", ".toml", ".sh", ".ts", ".tsx", ".mjs", "Makefile"))
            for number, line in enumerate((REPOSITORY / name).read_text().splitlines(), 1)
            if UNFINISHED.search(line)
        ]

        assert unfinished == []

    def test_have_an_owner(self):
        lines = (REPOSITORY / "CODEOWNERS").read_text().splitlines()
        rules = [line.split() for line in lines if line and not line.startswith("#")]
        owned = {rule[0].strip("/") for rule in rules}
        folders = {name.split("/")[0] for name in tracked_files() if "/" in name}

        assert all(len(rule) > 1 for rule in rules)
        assert "*" in owned
        assert sorted(folders - owned) == []


def _reads_environment(node: ast.AST) -> bool:
    """`os.getenv(...)`, `os.environ.get(...)` or `os.environ[...]`; writing is another matter."""
    if isinstance(node, ast.Subscript):
        return ast.unparse(node.value) == "os.environ" and isinstance(node.ctx, ast.Load)
    return isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.getenv", "os.environ.get"}
