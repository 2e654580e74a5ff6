"""Parses and validates documents, each distinct text once while it is among the most recent."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    StringValueNode,
    ValidationRule,
    get_operation_ast,
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


class OperationKind(StrEnum):
    """The three kinds of operation."""

    QUERY = "query"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class Planned:
    """How an operation is executed and cached."""

    plan: ExecutableOperation
    cache_policy: CachePolicy | None
    """`None` when the answer must not be cached."""
    constant: Mapping[str, Any] | None
    """The data, where there is nothing to run."""


@dataclass(slots=True)
class KnownOperation:
    """What is known of an operation before it runs."""

    kind: OperationKind
    name: str | None
    tree: DocumentNode
    """The whole document."""
    node: OperationDefinitionNode
    cost: Cost
    planned: Planned | None = None
    """Made when it first runs: the plan of a dear operation may be as large as its answer."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text, what is wrong with it, and its operations by how they were asked for."""

    tree: DocumentNode | None
    errors: tuple[GraphQLError, ...]
    is_parsed: bool
    operations: dict[str | None, KnownOperation] = field(default_factory=dict)

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

    def operation(self, document: Document, name: str | None) -> KnownOperation | None:
        """The operation of a valid document that `name` asks for, if it is clear which."""
        known = document.operations.get(name)
        if known is None:
            assert document.tree is not None  # noqa: S101  # valid documents have one
            node = get_operation_ast(document.tree, name)
            if node is None:
                return None
            own_name = node.name.value if node.name is not None else None
            known = document.operations.get(own_name) or KnownOperation(
                kind=OperationKind(node.operation.value),
                name=own_name,
                tree=document.tree,
                node=node,
                cost=self._costs.of(document.tree, node),
            )
            # Whoever names a document's only operation, and whoever does not, means the same.
            document.operations.update({name: known, own_name: known})
        return known

    def planned(self, operation: KnownOperation) -> Planned:
        """How an operation is executed and cached, worked out once."""
        if operation.planned is None:
            tree, node = operation.tree, operation.node
            request = Request(self._executable, tree, node, self._handovers)
            policy = policy_of(self._executable.schema, tree, node)
            plan = executable_operation(request)
            constant = plan.constant if isinstance(plan, CompiledOperation) else None
            operation.planned = Planned(plan, policy, constant)
        return operation.planned

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
