"""Parses and validates documents, each distinct text once while it is among the most recent."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    StringValueNode,
    ValidationRule,
    parse,
    specified_rules,
    validate,
)

from graph.caching.policy import CachePolicy, policy_of
from graph.execution.compiled import CompiledOperation, executable_operation
from graph.execution.reference import Handovers, ReferenceOperation
from graph.execution.request import Executable, Request
from graph.limits.cost import Cost, Costs

TOKENS_MAX = 2000
ERRORS_MAX = 10
CACHED_BYTES_MAX = 64 * 1024 * 1024
# Measured with tracemalloc: trees and plans of the corpora, from one field to introspection.
BYTES_A_DOCUMENT = 10_000
BYTES_A_TOKEN = 3_500
NUL = "\x00"
NUL_REFUSED = "The character NUL (U+0000) is not allowed in text."

ExecutableOperation = CompiledOperation | ReferenceOperation


@dataclass(frozen=True, slots=True)
class Planned:
    """What is known of an operation before it runs."""

    plan: ExecutableOperation
    cache_policy: CachePolicy | None
    """`None` when the answer must not be cached."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text, what is wrong with it, and the plans of its operations by their names."""

    tree: DocumentNode | None
    errors: tuple[GraphQLError, ...]
    is_parsed: bool
    planned: dict[str | None, Planned] = field(default_factory=dict)
    costs: dict[str | None, Cost] = field(default_factory=dict)

    @property
    def estimated_bytes(self) -> int:
        """What it takes in memory with its plans, measured on ordinary documents."""
        tokens = self.tree.token_count if self.tree is not None else 0
        return BYTES_A_DOCUMENT + BYTES_A_TOKEN * (tokens or 0)


class NoNulInStrings(ValidationRule):
    """PostgreSQL cannot store U+0000; refused here, it cannot fail half-way through a command."""

    def enter_string_value(self, node: StringValueNode, *_args: Any) -> None:
        if NUL in node.value:
            self.report_error(GraphQLError(NUL_REFUSED, node))


class Documents:
    """The validated documents of one schema, least recently used ones forgotten first."""

    def __init__(self, executable: Executable, *, has_suggestions: bool) -> None:
        self._executable = executable
        self._costs = Costs(executable.schema)
        self._handovers = Handovers()
        self._hide_suggestions = not has_suggestions
        self._rules = (*specified_rules, NoNulInStrings)
        self._known: OrderedDict[str, Document] = OrderedDict()
        self._bytes = 0

    def read(self, text: str) -> Document:
        """The document that `text` spells, valid or not."""
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
            return known
        document = self._read(text)
        self._known[text] = document
        self._bytes += len(text) + document.estimated_bytes
        while self._bytes > CACHED_BYTES_MAX:
            text, forgotten = self._known.popitem(last=False)
            self._bytes -= len(text) + forgotten.estimated_bytes
        return document

    def planned(self, document: Document, operation: OperationDefinitionNode) -> Planned:
        """How an operation of a valid document is executed and cached, worked out once."""
        name = _name_of(operation)
        planned = document.planned.get(name)
        if planned is None:
            assert document.tree is not None  # noqa: S101  # valid documents have one
            request = Request(self._executable, document.tree, operation, self._handovers)
            policy = policy_of(self._executable.schema, document.tree, operation)
            planned = document.planned[name] = Planned(executable_operation(request), policy)
        return planned

    def cost(self, document: Document, operation: OperationDefinitionNode) -> Cost:
        """What an operation of a valid document costs, worked out once and without its plan."""
        name = _name_of(operation)
        cost = document.costs.get(name)
        if cost is None:
            assert document.tree is not None  # noqa: S101  # valid documents have one
            cost = document.costs[name] = self._costs.of(document.tree, operation)
        return cost

    def _read(self, text: str) -> Document:
        try:
            tree = parse(text, max_tokens=TOKENS_MAX)
        except GraphQLError as error:
            return Document(None, (error,), is_parsed=False)
        errors = validate(
            self._executable.schema,
            tree,
            self._rules,
            max_errors=ERRORS_MAX,
            hide_suggestions=self._hide_suggestions,
        )
        return Document(tree, tuple(errors), is_parsed=True)


def _name_of(operation: OperationDefinitionNode) -> str | None:
    return operation.name.value if operation.name is not None else None


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
