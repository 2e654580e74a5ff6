"""The bazaar as one schema, and a way to run operations on it or on any other."""

from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, execute, parse, subscribe, validate

from graph.compose import Composition, compose
from graph.execution.executor import ScopedExecutor
from tests.graph.bazaar.accounts import ACCOUNTS
from tests.graph.bazaar.depots import DEPOTS
from tests.graph.bazaar.shared import Context
from tests.graph.bazaar.stalls import STALLS
from tests.graph.bazaar.wallets import WALLETS

# Depots stands before wallets, through which the way to its items leads.
SUBGRAPHS = {"stalls": STALLS, "depots": DEPOTS, "wallets": WALLETS, "accounts": ACCOUNTS}


def bazaar() -> Composition:
    return compose(SUBGRAPHS)


async def run(
    schema: GraphQLSchema, document: str, context: Context | None = None, **variables: Any
) -> ExecutionResult:
    """The raw result of a valid operation, its errors neither masked nor coded."""
    tree = parse(document)
    assert validate(schema, tree) == []
    outcome = execute(
        schema,
        tree,
        context_value=context or Context(),
        variable_values=variables,
        executor_class=ScopedExecutor,
    )
    return await outcome if isawaitable(outcome) else outcome


async def events(schema: GraphQLSchema, document: str, context: Context) -> list[ExecutionResult]:
    """All events of a subscription that starts."""
    stream: Any = subscribe(
        schema, parse(document), context_value=context, executor_class=ScopedExecutor
    )
    stream = await stream if isawaitable(stream) else stream
    return [event async for event in stream]
