"""Makes a failing request as small as it can be while it stays valid and keeps failing."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    REMOVE,
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

from tests.graph.equivalence.executors import Request

REMOVABLE = (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
)
TRIES_MAX = 2000
Fails = Callable[[Request], Awaitable[bool]]


class _Without(Visitor):
    """Removes the removable node of one number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self.seen = 0

    def enter(self, node: Any, *_: Any) -> Any:
        if not isinstance(node, REMOVABLE):
            return None
        self.seen += 1
        return REMOVE if self.seen - 1 == self._number else None


async def shrunk(schema: GraphQLSchema, request: Request, fails: Fails) -> Request:
    """The smallest request that was found to fail like `request`."""
    tries = 0
    is_smaller = True
    while is_smaller and tries < TRIES_MAX:
        is_smaller = False
        for smaller in _smaller(schema, request):
            tries += 1
            if await fails(smaller):
                request, is_smaller = smaller, True
                break
    return request


def _smaller(schema: GraphQLSchema, request: Request) -> Iterator[Request]:
    document = request.document
    for number in range(_count(document)):
        cut = _tidy(visit(document, _Without(number)))
        text = print_ast(cut)
        if text and not _is_faulty(schema, text):
            operations = [
                node
                for node in parse(text).definitions
                if isinstance(node, OperationDefinitionNode)
            ]
            if not operations:
                continue
            names = {
                each.variable.name.value
                for node in operations
                for each in node.variable_definitions or ()
            }
            kept = {name: value for name, value in request.variables.items() if name in names}
            name = request.operation_name if len(operations) > 1 else None
            yield replace(request, text=text, variables=kept, operation_name=name)
    for name in request.variables:
        rest = {other: value for other, value in request.variables.items() if other != name}
        yield replace(request, variables=rest)


def _count(document: DocumentNode) -> int:
    counter = _Without(-1)
    visit(document, counter)
    return counter.seen


def _is_faulty(schema: GraphQLSchema, text: str) -> bool:
    try:
        document = parse(text)
        return bool(validate(schema, document)) or _has_empty_selections(document)
    except Exception:  # noqa: BLE001  # what cannot be read is no smaller request
        return True


def _has_empty_selections(document: DocumentNode) -> bool:
    found = _Names()
    visit(document, found)
    return found.has_empty_selections


def _tidy(document: DocumentNode) -> DocumentNode:
    """Without fragments and variables that nothing uses any more."""
    while True:
        text = print_ast(document)
        spreads, variables = _used(document)
        unused = [
            node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode) and node.name.value not in spreads
        ]
        document = visit(document, _Tidy(unused, variables))
        if print_ast(document) == text:
            return document


def _used(document: DocumentNode) -> tuple[set[str], set[str]]:
    names = _Names()
    visit(document, names)
    return names.spreads, names.variables


class _Names(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.spreads: set[str] = set()
        self.variables: set[str] = set()
        self.has_empty_selections = False

    def enter_selection_set(self, node: SelectionSetNode, *_: Any) -> None:
        self.has_empty_selections |= not node.selections

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.spreads.add(node.name.value)

    def enter_variable(self, node: Any, _key: Any, parent: Any, *_: Any) -> None:
        if not isinstance(parent, VariableDefinitionNode):
            self.variables.add(node.name.value)


class _Tidy(Visitor):
    def __init__(self, unused: list[FragmentDefinitionNode], variables: set[str]) -> None:
        super().__init__()
        self._unused = unused
        self._variables = variables

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> Any:
        return REMOVE if node in self._unused else None

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> Any:
        return None if node.variable.name.value in self._variables else REMOVE
