"""Parses and validates documents, each distinct text once while it is among the most recent."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    StringValueNode,
    ValidationRule,
    parse,
    specified_rules,
    validate,
)

TOKENS_MAX = 2000
ERRORS_MAX = 10
# A document is at most some hundred kilobytes, and its tree about thirty times its text.
CACHED_CHARACTERS_MAX = 2_000_000
NUL = "\x00"
NUL_REFUSED = "The character NUL (U+0000) is not allowed in text."


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text and what is wrong with it."""

    tree: DocumentNode | None
    errors: tuple[GraphQLError, ...]
    is_parsed: bool


class NoNulInStrings(ValidationRule):
    """PostgreSQL cannot store U+0000; refused here, it cannot fail half-way through a command."""

    def enter_string_value(self, node: StringValueNode, *_args: Any) -> None:
        if NUL in node.value:
            self.report_error(GraphQLError(NUL_REFUSED, node))


class Documents:
    """The validated documents of one schema, least recently used ones forgotten first."""

    def __init__(self, schema: GraphQLSchema, *, has_suggestions: bool) -> None:
        self._schema = schema
        self._hide_suggestions = not has_suggestions
        self._rules = (*specified_rules, NoNulInStrings)
        self._known: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def read(self, text: str) -> Document:
        """The document that `text` spells, valid or not."""
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
            return known
        document = self._read(text)
        self._known[text] = document
        self._characters += len(text)
        while self._characters > CACHED_CHARACTERS_MAX:
            forgotten, _ = self._known.popitem(last=False)
            self._characters -= len(forgotten)
        return document

    def _read(self, text: str) -> Document:
        try:
            tree = parse(text, max_tokens=TOKENS_MAX)
        except GraphQLError as error:
            return Document(None, (error,), is_parsed=False)
        errors = validate(
            self._schema,
            tree,
            self._rules,
            max_errors=ERRORS_MAX,
            hide_suggestions=self._hide_suggestions,
        )
        return Document(tree, tuple(errors), is_parsed=True)


def has_nul(value: Any) -> bool:
    """Whether any text within a JSON value has the character NUL, however deeply it is nested."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if NUL in item:
                return True
        elif isinstance(item, Mapping):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return False
