"""A compiled operation: planned once, executed level by level as often as it is asked for."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, cast

from graphql import (
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution import default_field_resolver, default_type_resolver
from graphql.execution.values import VariableValues, get_variable_values
from graphql.language import DirectiveNode

from graph.execution.arguments import NO_VARIABLES
from graph.execution.compiler import Compiler
from graph.execution.executor import ScopedExecutor, stop_loads
from graph.execution.plans import SelectionPlan, Unsupported
from graph.execution.problems import reported
from graph.execution.reference import ReferenceOperation
from graph.execution.request import Request
from graph.execution.running import Run
from graph.execution.tracing import FieldTimes

VARIANTS_MAX = 16
DEPTH_MAX = 50
CONDITIONS = frozenset({GraphQLSkipDirective.name, GraphQLIncludeDirective.name})
INCREMENTAL = frozenset({"defer", "stream"})


class CompiledOperation:
    """Executes one operation. Its plans differ only by what `@skip` and `@include` leave."""

    def __init__(self, request: Request) -> None:
        """Raises Unsupported for what graphql-core must execute."""
        root_type = request.root_type
        if root_type is None or request.operation.directives:
            message = "a root type that is missing, or a directive of an operation"
            raise Unsupported(message)
        _require_shallow(request)
        self._request = request
        self._root_type = root_type
        self._conditions = _condition_variables(request)
        self._plans: OrderedDict[tuple[Any, ...], SelectionPlan] = OrderedDict()
        if not self._conditions:
            self._plan(NO_VARIABLES)

    @property
    def constant(self) -> Mapping[str, Any] | None:
        """The data of an operation that has nothing to run, such as `{ __typename }`."""
        if self._request.operation.variable_definitions:
            return None
        plan = self._plan(NO_VARIABLES)
        return plan.template if plan.is_constant else None

    async def execute(
        self,
        context: Any,
        variables: Mapping[str, Any],
        *,
        root_value: Any = None,
        hide_suggestions: bool = True,
        times: FieldTimes | None = None,
    ) -> ExecutionResult:
        """Data and errors, as graphql-core's executor has them.

        Raises what is no field's failure: cancellation, and faults of the engine itself.
        """
        request = self._request
        definitions = request.operation.variable_definitions or ()
        coerced = get_variable_values(
            request.executable.schema,
            definitions,
            dict(variables),
            hide_suggestions=hide_suggestions,
        )
        if isinstance(coerced, list):
            return ExecutionResult(None, coerced)
        if any(coerced.coerced.get(name) is None for name in self._conditions):
            # Null for a condition that must not be: an error of the fields that depend on it.
            request.handovers.add("a condition that is null")
            return await request.by_graphql_core().execute(
                context,
                variables,
                root_value=root_value,
                hide_suggestions=hide_suggestions,
                times=times,
            )
        plan = self._plan(coerced)
        executor = ScopedExecutor(
            request.executable.schema,
            request.fragment_definitions,
            request.fragments,
            root_value,
            context,
            request.operation,
            coerced,
            default_field_resolver,
            cast("Any", default_type_resolver),
            default_field_resolver,
            hide_suggestions=hide_suggestions,
        )
        run = Run(executor, times)
        is_mutation = request.operation.operation is OperationType.MUTATION
        try:
            data = await run.root(plan, serially=is_mutation)
        except asyncio.CancelledError:
            stop_loads(context)
            raise
        finally:
            run.close()
        return ExecutionResult(data, reported(run.problems) if run.problems else None)

    def _plan(self, variables: VariableValues) -> SelectionPlan:
        variant = tuple(variables.coerced.get(name) for name in self._conditions)
        plan = self._plans.get(variant)
        if plan is None:
            plan = self._plans[variant] = Compiler(self._request, self._root_type, variables).root()
            if len(self._plans) > VARIANTS_MAX:
                self._plans.popitem(last=False)
        return plan


def executable_operation(request: Request) -> CompiledOperation | ReferenceOperation:
    """The operation with its plan, or without one if it needs what only graphql-core has."""
    try:
        return CompiledOperation(request)
    except Unsupported as reason:
        request.handovers.add(str(reason))
    except RecursionError:
        request.handovers.add("selections nested too deeply to look at")
    return request.by_graphql_core()


class _Directives(Visitor):
    """Collects the variables that decide what is selected."""

    def __init__(self) -> None:
        super().__init__()
        self.conditions: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value in INCREMENTAL:
            raise Unsupported(node.name.value)
        if node.name.value in CONDITIONS:
            for argument in node.arguments or ():
                if isinstance(argument.value, VariableNode):
                    self.conditions.add(argument.value.name.value)

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> None:
        if node.variable_definitions:
            message = "arguments of fragments"
            raise Unsupported(message)


def _condition_variables(request: Request) -> list[str]:
    """The operation's variables of `@skip` and `@include`.

    Raises Unsupported for what needs graphql-core.
    """
    directives = _Directives()
    visit(request.document, directives)
    defined = {each.variable.name.value for each in request.operation.variable_definitions or ()}
    return sorted(directives.conditions & defined)


def _require_shallow(request: Request) -> None:
    """Raise Unsupported where running level within level would take more than the stack has."""
    depths: dict[str, int] = {}

    def depth_of(selections: SelectionSetNode) -> int:
        return max(map(depth_below, selections.selections))

    def depth_below(node: SelectionNode) -> int:
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in depths:
                depths[name] = depth_of(request.fragments[name].definition.selection_set)
            return depths[name]
        inner: SelectionSetNode | None = node.selection_set  # pyright: ignore[reportAttributeAccessIssue]  # fields and inline fragments have one
        own = int(isinstance(node, FieldNode))
        return own if inner is None else own + depth_of(inner)

    if depth_of(request.operation.selection_set) > DEPTH_MAX:
        message = f"selections nested deeper than {DEPTH_MAX} levels"
        raise Unsupported(message)
