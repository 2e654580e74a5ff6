"""The corpus: operations as GraphQL files, one each, and how they are asked in `cases.json`.

Strings in variables name people and things of the world in braces, as in `{service}`. Each folder
has one `cases.json`: by operation and by case, the `variables`, and for what is not simply answered
the `codes` of the errors that somebody who may see everything gets.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "corpus"
SOLE_CASE = "asked"


@dataclass(frozen=True, slots=True)
class Case:
    """One way to ask one operation."""

    operation: str
    name: str
    document: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    viewer: str = "anonymous"
    codes: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    """What the root fields of a mutation answer with: the names of types."""

    def __str__(self) -> str:
        return f"{self.operation}:{self.name}"

    def variables_in(self, names: Mapping[str, str]) -> dict[str, Any]:
        """The variables, with what is named in them."""
        return {name: _filled(value, names) for name, value in self.variables.items()}


def document_of(path: str) -> str:
    """The text of an operation, by its path below the corpus."""
    return (CORPUS / path).with_suffix(".graphql").read_text()


def cases_of(folder: str) -> list[Case]:
    """Every case of every operation in a folder of the corpus, in the order of their names."""
    asked = json.loads((CORPUS / folder / "cases.json").read_text())
    operations = sorted(path.stem for path in (CORPUS / folder).glob("*.graphql"))
    assert asked.keys() <= set(operations), asked.keys() - set(operations)
    return [
        _case(folder, operation, name, settings)
        for operation in operations
        for name, settings in asked.get(operation, {SOLE_CASE: {}}).items()
    ]


def _case(folder: str, operation: str, name: str, settings: Mapping[str, Any]) -> Case:
    lists = {key: tuple(settings[key]) for key in ("codes", "answers") if key in settings}
    document = document_of(f"{folder}/{operation}")
    return Case(operation, name, document, **{**settings, **lists})


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return value.format_map(names)
    if isinstance(value, list):
        return [_filled(each, names) for each in value]
    if isinstance(value, dict):
        return {key: _filled(each, names) for key, each in value.items()}
    return value
