"""What is planned, what is handed to graphql-core, and what a plan does in rare cases."""

from itertools import product
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLDeferDirective,
    GraphQLError,
    GraphQLSchema,
    build_schema,
    get_operation_ast,
    parse,
    specified_directives,
)
from strawberry.extensions import FieldExtension

from graph.compose.references import KeyFinder
from graph.execution.compiled import VARIANTS_MAX, CompiledOperation, executable_operation
from graph.execution.reference import Handovers, ReferenceOperation
from graph.execution.request import Executable, Request
from subgraphs.shared.batches import BATCH
from tests.graph.bazaar.composed import bazaar, run
from tests.graph.bazaar.shared import Context

SDL = """
directive @noted on QUERY | FIELD
type Query { word(times: Int!): String deeper: Query }
type Mutation { write: String }
"""
CONDITIONS = ["a", "b", "c", "d", "e"]


@pytest.fixture
def handovers():
    return Handovers()


@pytest.fixture
def planned(handovers):
    """Plans the only operation of a document."""

    def plan(schema: GraphQLSchema, document: Any):
        tree = parse(document) if isinstance(document, str) else document
        operation = get_operation_ast(tree)
        return executable_operation(Request(Executable.of(schema), tree, operation, handovers))

    return plan


def words() -> GraphQLSchema:
    schema = build_schema(SDL)
    schema.query_type.fields["word"].resolve = lambda _source, _info, times: "word" * times
    schema.query_type.fields["deeper"].resolve = lambda _source, _info: {}
    return schema


def lists_of(values: Any) -> GraphQLSchema:
    """A list of two things, whose batch field answers with `values`."""

    class Answering:
        def at(self, type_, place):
            return self

        async def resolve_all(self, sources, context, field_name, arguments):
            return values

    @strawberry.type
    class Thing:
        name: str | None = strawberry.field(
            resolver=lambda: "never asked", metadata={BATCH: Answering()}
        )

    @strawberry.type
    class Query:
        @strawberry.field
        def things(self) -> list[Thing]:
            return [Thing(), Thing()]

    return strawberry.Schema(query=Query)._schema


class TestHandovers:
    @pytest.mark.parametrize(
        ("document", "reason"),
        [
            ("query @noted { word(times: 1) }", "a root type that is missing"),
            ("subscription { word }", "a root type that is missing"),
            ("{ ... @defer { word(times: 1) } }", "defer"),
        ],
    )
    def test_are_counted_by_reason(self, planned, handovers, document, reason):
        schema = words()

        operation = planned(schema, document)

        assert isinstance(operation, ReferenceOperation)
        [(told, times)] = handovers.counts.items()
        assert (told.startswith(reason), times) == (True, 1)

    def test_are_for_fragments_with_arguments(self, planned, handovers):
        tree = parse(
            "{ ...F(n: 2) } fragment F($n: Int!) on Query { word(times: $n) }",
            experimental_fragment_arguments=True,
        )

        assert isinstance(planned(words(), tree), ReferenceOperation)
        assert list(handovers.counts) == ["arguments of fragments"]

    @pytest.mark.parametrize("levels", [50, 51, 150])
    async def test_are_for_what_is_nested_too_deeply(self, planned, handovers, levels):
        document = "{ deeper " * (levels - 1) + "{ word(times: 1) }" + "}" * (levels - 1)

        operation = planned(words(), document)

        assert isinstance(operation, CompiledOperation) == (levels == 50)
        assert list(handovers.counts) == (
            [] if levels == 50 else ["selections nested deeper than 50 levels"]
        )
        result = await operation.execute(Context(), {})
        assert result.errors is None

    async def test_are_for_fragments_that_lead_too_deep_to_follow(self, planned, handovers):
        fragments = " ".join(
            f"fragment F{number} on Query {{ deeper {{ ...F{number + 1} }} }}"
            for number in range(600)
        )

        operation = planned(
            words(), f"{{ ...F0 }} {fragments} fragment F600 on Query {{ word(times: 1) }}"
        )

        assert isinstance(operation, ReferenceOperation)
        assert len(handovers.counts) == 1

    async def test_answer_as_graphql_core_does(self, planned):
        operation = planned(words(), "query @noted { word(times: 2) }")

        result = await operation.execute(Context(), {})

        assert (result.data, result.errors) == ({"word": "wordword"}, None)

    def test_are_not_for_other_directives_of_fields(self, planned, handovers):
        assert isinstance(planned(words(), "{ word(times: 1) @noted }"), CompiledOperation)
        assert not handovers.counts

    def test_know_the_directive_of_incremental_delivery(self):
        assert GraphQLDeferDirective not in specified_directives
        assert GraphQLDeferDirective.name == "defer"


class TestConditions:
    async def test_have_a_plan_for_each_combination(self, planned):
        variables = " ".join(f"${name}: Boolean!" for name in CONDITIONS)
        fields = " ".join(f"{name}: word(times: 1) @skip(if: ${name})" for name in CONDITIONS)
        operation = planned(
            words(), f"query({variables}) {{ {fields} always: word(times: 1) @include(if: true) }}"
        )
        combinations = list(product([True, False], repeat=len(CONDITIONS)))
        assert len(combinations) > VARIANTS_MAX

        for combination in [*combinations, *combinations]:
            skipped = dict(zip(CONDITIONS, combination, strict=True))
            result = await operation.execute(Context(), skipped)

            expected = [name for name in CONDITIONS if not skipped[name]]
            assert list(result.data) == [*expected, "always"]

    async def test_of_other_operations_are_none_of_this_one(self, handovers):
        tree = parse(
            "query A { word(times: 2) }"
            " query B($b: Boolean!) { word(times: 1) @skip(if: $b) deeper { word(times: 1) } }"
        )
        request = Request(Executable.of(words()), tree, get_operation_ast(tree, "A"), handovers)

        result = await executable_operation(request).execute(Context(), {})

        assert (result.data, dict(handovers.counts)) == ({"word": "wordword"}, {})


class TestFields:
    async def test_fail_for_arguments_that_no_validation_refused(self, planned):
        document = "{ deeper { word(times: null) } }"

        planned_result = await planned(words(), document).execute(Context(), {})
        result = await ReferenceOperation(
            words(), tree := parse(document), get_operation_ast(tree)
        ).execute(Context(), {})

        assert planned_result.data == result.data == {"deeper": {"word": None}}
        assert [str(each) for each in planned_result.errors] == list(map(str, result.errors))

    @pytest.mark.parametrize("values", [[], ["one"], ["one", "two", "three"]])
    async def test_fail_when_a_batch_answers_another_number_of_parents(self, planned, values):
        result = await planned(lists_of(values), "{ things { name } }").execute(Context(), {})

        assert result.data == {"things": [{"name": None}, {"name": None}]}
        assert {str(error.original_error) for error in result.errors} == {
            f"name answered 2 parents with {len(values)} values"
        }
        assert [error.path for error in result.errors] == [
            ["things", 0, "name"],
            ["things", 1, "name"],
        ]

    async def test_of_another_subgraph_fail_together_when_their_keys_cannot_be_made(
        self, planned, monkeypatch
    ):
        async def fail(*_arguments: Any) -> None:
            message = "no keys"
            raise ValueError(message)

        monkeypatch.setattr(KeyFinder, "find_all", fail)
        schema = bazaar().schema

        result = await planned(schema, '{ sellers(ids: ["1"]) { id name role } }').execute(
            Context(), {}
        )

        assert result.data == {"sellers": [None]}
        assert [error.message for error in result.errors] == ["no keys"]
        assert (await run(schema, '{ sellers(ids: ["1"]) { name } }')).errors is None


class TestExtensions:
    async def test_are_never_gone_around(self, planned):
        class Louder(FieldExtension):
            def resolve(self, next_, source, info, **arguments):
                return next_(source, info, **arguments).upper()

        @strawberry.type
        class Thing:
            @strawberry.field(extensions=[Louder()])
            def name(self) -> str:
                return "quiet"

        @strawberry.type
        class Query:
            @strawberry.field
            def thing(self) -> Thing:
                return Thing()

        schema = strawberry.Schema(query=Query)._schema

        result = await planned(schema, "{ thing { name } }").execute(Context(), {})

        assert result.data == {"thing": {"name": "QUIET"}}


class TestVariables:
    async def test_are_refused_before_anything_runs(self, planned):
        document = "query($times: Int!) { word(times: $times) }"

        result = await planned(words(), document).execute(Context(), {"times": "many"})

        assert result.data is None
        assert [type(error) for error in result.errors] == [GraphQLError]
